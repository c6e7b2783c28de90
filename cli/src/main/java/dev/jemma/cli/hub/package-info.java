/**
 * Where models come from and where they are kept: the catalogue, the store, downloads. The only room of the command line
 * that opens connections.
 */
@NullMarked
package dev.jemma.cli.hub;

import org.jspecify.annotations.NullMarked;
