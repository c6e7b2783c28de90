package dev.jemma.house;

import dev.jemma.infer.GenerationRequest;
import dev.jemma.infer.LanguageModel;
import dev.jemma.infer.ScoreRequest;
import java.io.IOException;
import java.net.DatagramSocket;
import java.net.InetAddress;
import java.net.Socket;
import java.net.StandardProtocolFamily;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.nio.channels.AsynchronousSocketChannel;
import java.nio.channels.SocketChannel;
import java.nio.file.DirectoryStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;

/**
 * A program for {@link OfflineTest}, run in a JVM of its own in which every door of Java to the network is walled up: it
 * uses the library as an application does, or, to prove the walls, tries one of the doors.
 */
final class Offline {
    private static final Path SOCKETS = Path.of("/proc/self/fd");

    private Offline() {}

    public static void main(String[] args) throws Exception {
        Denial.install();
        switch (args[0]) {
            case "library" -> useLibrary(Path.of(args[1]));
            case "socket" -> new Socket("127.0.0.1", 9).close();
            case "server" -> new java.net.ServerSocket(0).close();
            case "datagram" -> new DatagramSocket().close();
            case "channel" -> SocketChannel.open().close();
            case "unix" -> SocketChannel.open(StandardProtocolFamily.UNIX).close();
            case "asynchronous" -> AsynchronousSocketChannel.open().close();
            case "name" -> InetAddress.getByName("example.org");
            case "http" -> {
                try (HttpClient client = HttpClient.newHttpClient()) {
                    HttpRequest request = HttpRequest.newBuilder(URI.create("http://127.0.0.1:9/"))
                            .build();
                    client.send(request, HttpResponse.BodyHandlers.discarding());
                }
            }
            default -> throw new IllegalArgumentException(args[0]);
        }
        System.out.println("done in " + LanguageModel.class.getModule() + ", " + openSockets() + " sockets open");
    }

    private static void useLibrary(Path models) throws IOException {
        for (String name : List.of("gguf/gemma3-F32.gguf", "gguf/gemma3-Q4_0.gguf")) {
            try (LanguageModel model = LanguageModel.open(models.resolve(name))) {
                GenerationRequest request = model.request("The capital of France is")
                        .maxTokens(8)
                        .temperature(1)
                        .seed(7)
                        .build();
                model.generate(request, token -> {}).await();
                model.engine().score(List.of(new ScoreRequest(request.promptIds(), 1, 2)));
                if (openSockets() > 0) {
                    throw new IllegalStateException("a socket is open while a model runs");
                }
            }
        }
    }

    /** Sockets of this process as the system counts them, which native code could not hide either; 0 where it cannot tell. */
    private static long openSockets() throws IOException {
        if (!Files.isDirectory(SOCKETS)) {
            return 0;
        }
        long sockets = 0;
        try (DirectoryStream<Path> entries = Files.newDirectoryStream(SOCKETS)) {
            for (Path entry : entries) {
                if (Files.isSymbolicLink(entry) && isSocket(entry)) {
                    sockets++;
                }
            }
        }
        return sockets;
    }

    private static boolean isSocket(Path entry) {
        try {
            return Files.readSymbolicLink(entry).toString().startsWith("socket:");
        } catch (IOException e) {
            return false; // closed in between: the listing's own
        }
    }
}
