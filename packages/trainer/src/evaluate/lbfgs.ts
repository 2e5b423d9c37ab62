/** A smooth function at a point: its value, and its gradient in as many numbers as the point has. */
export type ValueAndGradient = { value: number; gradient: Float64Array };

export type LbfgsOptions = {
  maxIterations: number;
  /** It ends where no component of the gradient is larger. */
  tolerance: number;
};

export type Minimum = { point: Float64Array; value: number; iterations: number };

/** How many of the last steps the curvature is estimated by: between 3 and 20, say Nocedal & Wright. */
const memory = 10;
const sufficientDecrease = 1e-4;
const halvingsAtMost = 30;

/** A step, the change of the gradient along it, and 1 over their product. */
type Curvature = { step: Float64Array; change: Float64Array; inverse: number };

/**
 * Limited-memory BFGS with a backtracking line search (Nocedal & Wright, Numerical Optimization, 2006, algorithm 7.5). `evaluate` may be
 * as inexact as float32 is: where no shorter step lowers the value any more, the point is as good as it gets.
 */
export function minimize(
  start: Float64Array,
  evaluate: (point: Float64Array) => ValueAndGradient,
  { maxIterations, tolerance }: LbfgsOptions,
): Minimum {
  let point = start;
  let current = evaluate(point);
  const curvatures: Curvature[] = [];
  for (let iterations = 0; iterations < maxIterations; iterations++) {
    if (largest(current.gradient) <= tolerance) return { point, value: current.value, iterations };
    const next = searchAlong(direction(current.gradient, curvatures), {
      point,
      current,
      evaluate,
      isFirst: curvatures.length === 0,
    });
    if (!next) return { point, value: current.value, iterations };
    remember(curvatures, difference(next.point, point), difference(next.reached.gradient, current.gradient));
    point = next.point;
    current = next.reached;
  }
  return { point, value: current.value, iterations: maxIterations };
}

/** Halves the step until the value falls by enough; null where it never does. */
function searchAlong(
  descent: Float64Array,
  options: {
    point: Float64Array;
    current: ValueAndGradient;
    evaluate: (point: Float64Array) => ValueAndGradient;
    isFirst: boolean;
  },
): { point: Float64Array; reached: ValueAndGradient } | null {
  const { current, evaluate, isFirst } = options;
  const slope = dot(current.gradient, descent);
  if (slope >= 0) return null;
  // Nothing is known of the curvature before the first step: it goes as far as 1 at most.
  let rate = isFirst ? Math.min(1, 1 / Math.sqrt(-slope)) : 1;
  for (let halving = 0; halving < halvingsAtMost; halving++) {
    const point = options.point.map((value, i) => value + rate * (descent[i] ?? 0));
    const reached = evaluate(point);
    if (reached.value < current.value && reached.value <= current.value + sufficientDecrease * rate * slope)
      return { point, reached };
    rate /= 2;
  }
  return null;
}

/** The two loops over the remembered steps: minus the estimated inverse Hessian times the gradient. */
function direction(gradient: Float64Array, curvatures: readonly Curvature[]): Float64Array {
  const result = gradient.map((value) => -value);
  const shares: number[] = [];
  for (const { step, change, inverse } of curvatures.toReversed()) {
    const share = inverse * dot(step, result);
    shares.push(share);
    addScaled(result, change, -share);
  }
  const last = curvatures.at(-1);
  const scale = last ? 1 / (last.inverse * dot(last.change, last.change)) : 1;
  for (const [i, value] of result.entries()) result[i] = value * scale;
  for (const { step, change, inverse } of curvatures)
    addScaled(result, step, (shares.pop() ?? 0) - inverse * dot(change, result));
  return result;
}

/** Keeps the newest steps; one along which the gradient did not grow tells nothing of a convex function. */
function remember(curvatures: Curvature[], step: Float64Array, change: Float64Array): void {
  const product = dot(step, change);
  if (product <= 1e-12 * dot(change, change)) return;
  curvatures.push({ step, change, inverse: 1 / product });
  if (curvatures.length > memory) curvatures.shift();
}

function dot(a: Float64Array, b: Float64Array): number {
  return a.reduce((sum, value, i) => sum + value * (b[i] ?? 0), 0);
}

function difference(a: Float64Array, b: Float64Array): Float64Array {
  return a.map((value, i) => value - (b[i] ?? 0));
}

function addScaled(target: Float64Array, values: Float64Array, factor: number): void {
  for (const [i, value] of values.entries()) target[i] = (target[i] ?? 0) + factor * value;
}

function largest(values: Float64Array): number {
  return values.reduce((most, value) => Math.max(most, Math.abs(value)), 0);
}
