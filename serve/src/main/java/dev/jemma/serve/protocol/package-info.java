/** What goes over the wire: requests read strictly, answers and errors in OpenAI's shape. Knows no sockets. */
@NullMarked
package dev.jemma.serve.protocol;

import org.jspecify.annotations.NullMarked;
