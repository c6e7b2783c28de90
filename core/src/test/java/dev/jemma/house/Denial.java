package dev.jemma.house;

import java.io.IOException;
import java.net.DatagramSocket;
import java.net.ProtocolFamily;
import java.net.ServerSocket;
import java.net.Socket;
import java.net.spi.InetAddressResolver;
import java.net.spi.InetAddressResolverProvider;
import java.nio.channels.AsynchronousChannelGroup;
import java.nio.channels.AsynchronousServerSocketChannel;
import java.nio.channels.AsynchronousSocketChannel;
import java.nio.channels.DatagramChannel;
import java.nio.channels.Pipe;
import java.nio.channels.ServerSocketChannel;
import java.nio.channels.SocketChannel;
import java.nio.channels.spi.AbstractSelector;
import java.nio.channels.spi.AsynchronousChannelProvider;
import java.nio.channels.spi.SelectorProvider;
import java.util.List;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.ThreadFactory;

/**
 * Walls up Java's doors to the network: sockets, channels, asynchronous channels and name look-ups. Whoever touches one
 * ends the JVM with {@link #EXIT_CODE}, which no catch block can hide.
 */
public final class Denial {
    /** How a JVM ends that tried to reach the network. */
    static final int EXIT_CODE = 99;

    /** Flags that put the walls up; {@link #install} does the rest. */
    static final List<String> FLAGS = List.of(
            "-Djava.nio.channels.spi.SelectorProvider=" + Channels.class.getName(),
            "-Djava.nio.channels.spi.AsynchronousChannelProvider=" + Asynchronous.class.getName(),
            "-Djemma.test.denial=true");

    private Denial() {}

    /** Puts factories that deny into the old socket classes, which take them at run time only. */
    @SuppressWarnings("deprecation") // deprecated as a way to customise sockets, which is not what we do
    static void install() throws IOException {
        Socket.setSocketImplFactory(() -> deny("a socket"));
        ServerSocket.setSocketFactory(() -> deny("a server socket"));
        DatagramSocket.setDatagramSocketImplFactory(() -> deny("a datagram socket"));
    }

    private static <T> T deny(String what) {
        System.err.println("DENIED: " + what);
        Runtime.getRuntime().halt(EXIT_CODE);
        throw new AssertionError("halted");
    }

    /** Denies socket channels, selectors and with them {@code java.net.http}. */
    public static final class Channels extends SelectorProvider {
        @Override
        public DatagramChannel openDatagramChannel() {
            return deny("a datagram channel");
        }

        @Override
        public DatagramChannel openDatagramChannel(ProtocolFamily family) {
            return deny("a datagram channel");
        }

        @Override
        public Pipe openPipe() {
            return deny("a pipe");
        }

        @Override
        public AbstractSelector openSelector() {
            return deny("a selector");
        }

        @Override
        public ServerSocketChannel openServerSocketChannel() {
            return deny("a server socket channel");
        }

        @Override
        public SocketChannel openSocketChannel() {
            return deny("a socket channel");
        }

        @Override
        public SocketChannel openSocketChannel(ProtocolFamily family) {
            return deny("a socket channel");
        }
    }

    /** Denies asynchronous channels. */
    public static final class Asynchronous extends AsynchronousChannelProvider {
        @Override
        public AsynchronousChannelGroup openAsynchronousChannelGroup(int threads, ThreadFactory factory) {
            return deny("an asynchronous channel group");
        }

        @Override
        public AsynchronousChannelGroup openAsynchronousChannelGroup(ExecutorService executor, int initialSize) {
            return deny("an asynchronous channel group");
        }

        @Override
        public AsynchronousServerSocketChannel openAsynchronousServerSocketChannel(AsynchronousChannelGroup group) {
            return deny("an asynchronous server socket channel");
        }

        @Override
        public AsynchronousSocketChannel openAsynchronousSocketChannel(AsynchronousChannelGroup group) {
            return deny("an asynchronous socket channel");
        }
    }

    /** Denies name look-ups, in JVMs started with {@link #FLAGS}; elsewhere it hands over Java's own resolver. */
    public static final class Names extends InetAddressResolverProvider {
        @Override
        public InetAddressResolver get(Configuration configuration) {
            return Boolean.getBoolean("jemma.test.denial") ? deny("a name look-up") : configuration.builtinResolver();
        }

        @Override
        public String name() {
            return "denial";
        }
    }
}
