package dev.jemma.eval;

import de.siegmar.fastcsv.reader.CsvParseException;
import de.siegmar.fastcsv.reader.CsvReader;
import de.siegmar.fastcsv.reader.CsvRecord;
import de.siegmar.fastcsv.reader.FieldMismatchStrategy;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;

/** A file of comma-separated values as RFC 4180 has them, in UTF-8. */
public final class CsvFile {
    private CsvFile() {}

    /**
     * All rows, the line of names among them, without blank lines.
     *
     * @throws EvalException if the file cannot be read or is no CSV
     */
    public static List<List<String>> rows(Path file) {
        List<List<String>> rows = new ArrayList<>();
        try (CsvReader<CsvRecord> reader = CsvReader.builder()
                .detectBomHeader(true)
                .extraFieldStrategy(FieldMismatchStrategy.IGNORE)
                .missingFieldStrategy(FieldMismatchStrategy.IGNORE)
                .ofCsvRecord(file)) {
            for (CsvRecord row : reader) {
                rows.add(row.getFields());
            }
        } catch (IOException | UncheckedIOException | CsvParseException e) {
            throw new EvalException(file + " cannot be read as CSV: " + e.getMessage(), e);
        }
        return rows;
    }
}
