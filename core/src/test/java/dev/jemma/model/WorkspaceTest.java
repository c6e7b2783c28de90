package dev.jemma.model;

import static org.assertj.core.api.Assertions.assertThat;

import dev.jemma.tensor.Tensor;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;

class WorkspaceTest {
    private final Workspace workspace = new Workspace();

    @AfterEach
    void close() {
        workspace.close();
    }

    private Tensor filled(float value, int rows, int cols) {
        Tensor t = workspace.tensor(rows, cols);
        for (int i = 0; i < rows; i++) {
            for (int k = 0; k < cols; k++) {
                t.set(i, k, value);
            }
        }
        return t;
    }

    @Test
    void whatALayerReturnsIsStillThereInTheNextOne() {
        workspace.flip();
        Tensor result = filled(1, 3, 1000);
        workspace.flip();
        filled(2, 3, 1000);
        workspace.beginWide();
        filled(3, 3, 5000);
        workspace.endWide();
        filled(4, 3, 1000);
        assertThat(result.row(2)).containsOnly(1);
        workspace.flip();
        assertThat(workspace.tensor(3, 1000).data().address())
                .as("two layers on, its memory is used again")
                .isEqualTo(result.data().address());
    }

    @Test
    void wideTensorsOutliveTheirStretchAndShareMemoryWithThoseOfOtherLayers() {
        workspace.flip();
        Tensor before = filled(1, 2, 600_000); // a slab of its own
        workspace.beginWide();
        Tensor wide = filled(2, 2, 600_000);
        Tensor other = filled(3, 2, 600_000);
        workspace.endWide();
        Tensor after = filled(4, 2, 600_000);
        assertThat(before.row(1)).containsOnly(1);
        assertThat(wide.row(1)).containsOnly(2);
        assertThat(other.row(1)).containsOnly(3);
        assertThat(after.row(1)).containsOnly(4);
        workspace.flip();
        workspace.beginWide();
        assertThat(workspace.tensor(2, 600_000).data().address())
                .isEqualTo(wide.data().address());
        assertThat(workspace.tensor(2, 600_000).data().address())
                .isEqualTo(other.data().address());
    }
}
