package dev.jemma.data;

/**
 * Where a record stands, for messages.
 *
 * @param file as it was named
 * @param unit what is counted: {@code line}, or {@code row group 2, row}
 * @param number from 1
 */
record Place(String file, String unit, long number) {
    DataException error(String problem) {
        return new DataException(this + ": " + problem);
    }

    DataException error(String problem, Throwable cause) {
        return new DataException(this + ": " + problem, cause);
    }

    @Override
    public String toString() {
        return file + " " + unit + " " + number;
    }
}
