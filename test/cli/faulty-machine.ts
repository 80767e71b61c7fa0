// Preloaded into a process, makes its machine one that computes square roots in single precision.
const { sqrt } = Math
Math.sqrt = (value) => Math.fround(sqrt(value))
