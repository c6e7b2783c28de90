package dev.jemma.data;

import dev.hardwood.HardwoodContext;
import dev.hardwood.metadata.RowGroup;
import dev.hardwood.reader.ParquetFileReader;
import dev.hardwood.reader.RowReader;
import dev.hardwood.row.PqList;
import dev.hardwood.row.PqMap;
import dev.hardwood.row.PqStruct;
import dev.hardwood.row.StructAccessor;
import dev.hardwood.schema.ColumnProjection;
import dev.hardwood.schema.SchemaNode;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.util.List;
import java.util.Set;
import java.util.concurrent.BlockingQueue;
import tools.jackson.databind.JsonNode;
import tools.jackson.databind.node.ArrayNode;
import tools.jackson.databind.node.JsonNodeFactory;
import tools.jackson.databind.node.ObjectNode;

/**
 * The thread's work behind {@link ParquetReader}: puts rows, as JSON objects of the columns that schemas know, into a
 * queue, and behind them what ended it.
 */
final class ParquetRows implements Runnable {
    /** What the queue holds. */
    sealed interface Item {
        /** A row. */
        record One(Place place, JsonNode value) implements Item {}

        /** Nothing more will come. */
        record End() implements Item {}

        /** The file cannot be read (on). */
        record Failed(DataException why) implements Item {}
    }

    private static final JsonNodeFactory NODES = JsonNodeFactory.instance;
    private static final int MAX_DEPTH = 20;

    static {
        // The decoder would load a libdeflate that it finds on the machine; Java's own inflater reads the same,
        // everywhere.
        if (System.getProperty("hardwood.uselibdeflate") == null) {
            System.setProperty("hardwood.uselibdeflate", "false");
        }
    }

    private final Path path;
    private final Set<String> columns;
    private final BlockingQueue<Item> queue;
    private Place place;

    ParquetRows(Path path, Set<String> columns, BlockingQueue<Item> queue) {
        this.path = path;
        this.columns = columns;
        this.queue = queue;
        this.place = new Place(path.toString(), "row group 1, row", 1);
    }

    @Override
    public void run() {
        try {
            try {
                read();
                queue.put(new Item.End());
            } catch (DataException e) {
                queue.put(new Item.Failed(e));
            } catch (IOException | RuntimeException | Error e) { // a thread that just ended would be waited for
                if (!Thread.currentThread().isInterrupted()) {
                    queue.put(new Item.Failed(place.error(problem(e), e)));
                }
            }
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt(); // nobody wants more rows
        }
    }

    private void read() throws IOException, InterruptedException {
        try (ChannelInput input = new ChannelInput(path);
                HardwoodContext context = HardwoodContext.create(1);
                ParquetFileReader reader = ParquetFileReader.open(input, context)) {
            List<RowGroup> groups = reader.getFileMetaData().rowGroups();
            String[] wanted = wanted(reader);
            try (RowReader rows = reader.buildRowReader()
                    .projection(ColumnProjection.columns(wanted))
                    .build()) {
                int group = 0;
                long row = 0;
                while (true) {
                    row++;
                    while (group < groups.size() - 1 && row > groups.get(group).numRows()) {
                        row -= groups.get(group++).numRows();
                    }
                    place = new Place(path.toString(), "row group " + (group + 1) + ", row", row);
                    if (!rows.hasNext()) {
                        return;
                    }
                    rows.next();
                    queue.put(new Item.One(place, object(rows, 0)));
                }
            }
        }
    }

    private String[] wanted(ParquetFileReader reader) {
        List<String> there = reader.getFileSchema().getRootNode().children().stream()
                .map(SchemaNode::name)
                .toList();
        String[] wanted = there.stream()
                .filter(name -> columns.isEmpty() || columns.contains(name))
                .toArray(String[]::new);
        if (wanted.length == 0) {
            throw new DataException(
                    path + ": has none of the columns that training data has (text, messages, prompt, …)" + " but "
                            + String.join(", ", there) + "; name one with --text-field");
        }
        return wanted;
    }

    private ObjectNode object(StructAccessor row, int depth) {
        if (depth > MAX_DEPTH) {
            throw place.error("is nested more than " + MAX_DEPTH + " deep");
        }
        ObjectNode object = NODES.objectNode();
        for (int i = 0; i < row.getFieldCount(); i++) {
            if (!row.isNull(i)) {
                object.set(row.getFieldName(i), value(row.getValue(i), depth + 1));
            }
        }
        return object;
    }

    private JsonNode value(Object value, int depth) {
        return switch (value) {
            case null -> NODES.nullNode();
            case String text -> NODES.stringNode(text);
            case byte[] bytes -> NODES.stringNode(new String(bytes, StandardCharsets.UTF_8)); // text without its label
            case Boolean truth -> NODES.booleanNode(truth);
            case Number number -> NODES.numberNode(number.doubleValue());
            case PqStruct struct -> object(struct, depth);
            case PqList list -> {
                ArrayNode array = NODES.arrayNode();
                for (Object element : list.values()) {
                    array.add(value(element, depth + 1));
                }
                yield array;
            }
            case PqMap map -> {
                ObjectNode object = NODES.objectNode();
                for (PqMap.Entry entry : map.getEntries()) {
                    object.set(String.valueOf(entry.getKey()), value(entry.getValue(), depth + 1));
                }
                yield object;
            }
            default -> NODES.stringNode(value.toString());
        };
    }

    private static String problem(Throwable e) {
        if (e instanceof OutOfMemoryError) {
            return "asks for more memory than there is; is the file damaged?";
        }
        String message = e.getMessage() == null ? e.getClass().getSimpleName() : e.getMessage();
        return "is damaged, or no Parquet file that is read here: "
                + message.lines().findFirst().orElse("");
    }
}
