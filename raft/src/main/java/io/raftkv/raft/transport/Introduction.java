package io.raftkv.raft.transport;

/**
 * What servers say to each other of themselves before anything else they say counts. A frame that holds one holds nothing else,
 * so that a release which does not know it loses nothing by it.
 *
 * @param folder the identity of the data folder, 0 if there is none to tell
 * @param life see {@link Kind}
 * @param before see {@link Kind#HELLO}; else none
 */
public record Introduction(Kind kind, long folder, Life life, Life before) {
    /** What is said. */
    public enum Kind {
        /** The sender lives {@code life}, and has lived {@code before}. */
        HELLO,
        /** The sender takes frames of {@code life} of the receiver, durably. */
        WELCOME,
        /** The sender does not take them: the last life of the receiver that it met is {@code life}, or none. */
        KNOWN
    }

    /**
     * One process of a server, from its start to its end.
     *
     * @param number which life it is of the server, counted from 1, in the upper 32 bits, so that later lives have larger
     *     ones; below that random bits, which tell lives of two copies of a folder from each other; 0 is none
     * @param stretch of that life; each one is on the disk of the server before the server says anything in it
     */
    public record Life(long number, long stretch) {
        public static final Life NONE = new Life(0, 0);

        /** Which life of the server it is. */
        public long count() {
            return number >>> Integer.SIZE;
        }

        /** Whether who lives this has lived {@code other}, as far as the two tell. */
        public boolean covers(Life other) {
            return number == other.number && stretch >= other.stretch;
        }

        /** What its frames carry, see {@link FrameCodec#tag}. */
        public int tag() {
            long mixed = (number + stretch * 0x9E3779B97F4A7C15L) * 0xBF58476D1CE4E5B9L;
            return Math.max(1, (int) (mixed >>> 40));
        }

        @Override
        public String toString() {
            return String.format("%016x/%d", number, stretch);
        }
    }

    public static Introduction hello(long folder, Life life, Life before) {
        return new Introduction(Kind.HELLO, folder, life, before);
    }

    public static Introduction welcome(Life life) {
        return new Introduction(Kind.WELCOME, 0, life, Life.NONE);
    }

    public static Introduction known(long folder, Life life) {
        return new Introduction(Kind.KNOWN, folder, life, Life.NONE);
    }
}
