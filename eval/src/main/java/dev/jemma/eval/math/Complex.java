package dev.jemma.eval.math;

/** A complex number of two doubles; functions have the usual cuts. */
record Complex(double re, double im) {
    static final Complex ONE = new Complex(1, 0);
    static final Complex I = new Complex(0, 1);
    static final Complex NONE = new Complex(Double.NaN, Double.NaN);

    static Complex of(double value) {
        return new Complex(value, 0);
    }

    Complex plus(Complex b) {
        return new Complex(re + b.re, im + b.im);
    }

    Complex minus(Complex b) {
        return new Complex(re - b.re, im - b.im);
    }

    Complex times(Complex b) {
        return new Complex(re * b.re - im * b.im, re * b.im + im * b.re);
    }

    Complex over(Complex b) {
        double size = b.re * b.re + b.im * b.im;
        return size == 0 ? NONE : new Complex((re * b.re + im * b.im) / size, (im * b.re - re * b.im) / size);
    }

    double abs() {
        return Math.hypot(re, im);
    }

    boolean isFinite() {
        return Double.isFinite(re) && Double.isFinite(im);
    }

    Complex exp() {
        double size = Math.exp(re);
        return im == 0 ? of(size) : new Complex(size * Math.cos(im), size * Math.sin(im));
    }

    Complex log() {
        return abs() == 0 ? NONE : new Complex(Math.log(abs()), Math.atan2(im, re));
    }

    Complex power(Complex b) {
        if (b.im == 0 && b.re == Math.rint(b.re) && Math.abs(b.re) <= 64) {
            Complex product = ONE;
            for (int i = 0; i < Math.abs(b.re); i++) {
                product = product.times(this);
            }
            return b.re < 0 ? ONE.over(product) : product;
        }
        if (abs() == 0) {
            return b.re > 0 ? of(0) : NONE;
        }
        if (im == 0 && b.im == 0 && re > 0) {
            return of(Math.pow(re, b.re));
        }
        return b.times(log()).exp();
    }

    Complex sqrt() {
        return power(of(0.5));
    }

    Complex sin() {
        return new Complex(Math.sin(re) * Math.cosh(im), Math.cos(re) * Math.sinh(im));
    }

    Complex cos() {
        return new Complex(Math.cos(re) * Math.cosh(im), -Math.sin(re) * Math.sinh(im));
    }

    /** −i·log(iz + √(1 − z²)). */
    Complex asin() {
        Complex root = ONE.minus(times(this)).sqrt();
        return I.times(this).plus(root).log().times(new Complex(0, -1));
    }

    /** i/2·(log(1 − iz) − log(1 + iz)). */
    Complex atan() {
        Complex iz = I.times(this);
        return ONE.minus(iz).log().minus(ONE.plus(iz).log()).times(new Complex(0, 0.5));
    }
}
