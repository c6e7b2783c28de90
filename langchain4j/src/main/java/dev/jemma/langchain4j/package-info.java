/** Gemma in process behind LangChain4j's interfaces. The models belong to the caller, who opens and closes them. */
@NullMarked
package dev.jemma.langchain4j;

import org.jspecify.annotations.NullMarked;
