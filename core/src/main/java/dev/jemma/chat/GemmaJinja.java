package dev.jemma.chat;

/**
 * {@link ChatTemplate#GEMMA_3} as a jinja template of our own, for other software that reads a model of ours; {@code
 * interop/tokenizer.py} has Hugging Face's library run it. Contents are text: a list of parts is refused, not printed.
 */
final class GemmaJinja {
    static final String TEXT = """
            {{ bos_token }}
            {%- set system = messages[0]['content'] + '\\n\\n' if messages[0]['role'] == 'system' else '' -%}
            {%- set turns = messages[1:] if messages[0]['role'] == 'system' else messages -%}
            {%- for turn in turns -%}
                {%- if (turn['role'] == 'user') != (loop.index0 % 2 == 0) -%}
                    {{ raise_exception('user and assistant have to take turns, and the user begins') }}
                {%- endif -%}
                {%- if turn['content'] is not string -%}
                    {{ raise_exception('the content of a turn has to be text') }}
                {%- endif -%}
                {{ '<start_of_turn>' + ('model' if turn['role'] == 'assistant' else turn['role']) + '\\n' }}
                {{- (system if loop.first else '') + turn['content'] | trim + '<end_of_turn>\\n' }}
            {%- endfor -%}
            {%- if add_generation_prompt -%}
                {{ '<start_of_turn>model\\n' }}
            {%- endif -%}
            """;

    private GemmaJinja() {}
}
