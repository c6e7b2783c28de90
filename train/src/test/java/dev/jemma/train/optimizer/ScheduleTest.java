package dev.jemma.train.optimizer;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.within;

import org.junit.jupiter.api.Test;

class ScheduleTest {
    @Test
    void warmUpStableDecayRisesStaysAndFalls() {
        Schedule schedule = new Schedule(Schedule.Shape.WSD, 2, 4, 20, 5, 0.2);
        assertThat(schedule.at(0)).isZero();
        assertThat(schedule.at(2)).isEqualTo(1);
        assertThat(schedule.at(4)).isEqualTo(2);
        assertThat(schedule.at(15)).isEqualTo(2);
        assertThat(schedule.at(16)).isCloseTo(2 * (0.2 + 0.8 * 4 / 5), within(1e-12));
        assertThat(schedule.at(19)).isCloseTo(2 * (0.2 + 0.8 / 5), within(1e-12));
        assertThat(schedule.at(25)).isCloseTo(0.4, within(1e-12));
    }

    @Test
    void theCosineEndsAtItsFloorAndStaysThere() {
        Schedule schedule = new Schedule(Schedule.Shape.COSINE, 1, 0, 10, 0, 0.1);
        assertThat(schedule.at(0)).isEqualTo(1);
        assertThat(schedule.at(5)).isCloseTo(0.55, within(1e-12));
        assertThat(schedule.at(10)).isCloseTo(0.1, within(1e-12));
        assertThat(schedule.at(99)).isCloseTo(0.1, within(1e-12));
    }

    @Test
    void aConstantRateIsConstant() {
        assertThat(Schedule.constant(3e-4, 7).at(6)).isEqualTo(3e-4);
        assertThatThrownBy(() -> Schedule.constant(Double.NaN, 7)).isInstanceOf(IllegalArgumentException.class);
        assertThatThrownBy(() -> Schedule.constant(1, 0)).isInstanceOf(IllegalArgumentException.class);
    }
}
