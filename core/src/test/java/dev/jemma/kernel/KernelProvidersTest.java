package dev.jemma.kernel;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.parallel.Isolated;

@Isolated("changes a system property")
class KernelProvidersTest {
    @AfterEach
    void clear() {
        System.clearProperty(KernelProviders.PROPERTY);
    }

    @Test
    void vectorsAreChosenWhereTheModuleIsThere() {
        assertThat(KernelProviders.choose().name()).isEqualTo("vector-" + 32 * VectorMath.L);
    }

    @Test
    void thePropertyPicksAProviderByName() {
        System.setProperty(KernelProviders.PROPERTY, "scalar");
        assertThat(KernelProviders.choose().name()).isEqualTo("scalar");
        System.setProperty(KernelProviders.PROPERTY, "vector");
        assertThat(KernelProviders.choose().name()).startsWith("vector-");
    }

    @Test
    void aNameThatIsNoProviderIsNamedInTheError() {
        System.setProperty(KernelProviders.PROPERTY, "abacus");
        assertThatThrownBy(KernelProviders::choose)
                .isInstanceOf(IllegalArgumentException.class)
                .hasMessageContaining("abacus")
                .hasMessageContaining("scalar or vector");
    }
}
