package dev.jemma.cli.hub;

/**
 * Terms under which a model is given.
 *
 * @param id short, for the record of consents
 * @param name as the terms call themselves
 * @param address where they can be read
 * @param summary a few lines in our words; the terms themselves count
 */
public record Licence(String id, String name, String address, String summary) {}
