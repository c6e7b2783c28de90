package dev.jemma.cli.report;

import java.util.List;

/** Curves with one pair of axes. */
public record Chart(String title, List<Series> series) {}
