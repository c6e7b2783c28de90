package dev.jemma.infer;

/**
 * Whose cached beginnings a request may use and add to. Requests of different scopes never share keys and values, so
 * that neither time nor counts tell one caller what another has asked.
 *
 * @param name any text; requests of equal names share
 */
public record CacheScope(String name) {
    /** The scope of requests that name none. */
    public static final CacheScope COMMON = new CacheScope("");
}
