import { EigenvalueDecomposition, Matrix } from 'ml-matrix';
import { evenlySpaced } from '../evenly-spaced.ts';
import { type LabelledFeatures, rowsAt } from './labelled-features.ts';

/** So many examples are looked at, from all over: the rank can be no higher, and the time grows with the cube. */
const rankedExamples = 256;

/**
 * RankMe (Garrido et al., RankMe: Assessing the downstream performance of pretrained self-supervised representations by their rank, 2023,
 * equation 1): the exponential of the entropy of the features' singular values, scaled to the sum 1. It goes from 1, where all features
 * are multiples of one, to the smaller of their width and `rankedExamples`.
 */
export function effectiveRank(examples: LabelledFeatures): number {
  const singular = singularValues(rowsAt(examples, evenlySpaced(examples.labels.length, rankedExamples)));
  const sum = singular.reduce((total, value) => total + value, 0);
  const shares = singular.map((value) => value / Math.max(sum, Number.MIN_VALUE) + 1e-7); // the paper's ε for float32
  return Math.exp(-shares.reduce((entropy, share) => entropy + share * Math.log(share), 0));
}

/** Roots of the eigenvalues of the smaller of the two products of the features with themselves, in float64. */
function singularValues({ features, labels, width }: LabelledFeatures): number[] {
  const rows = Matrix.from1DArray(labels.length, width, features);
  const turned = rows.transpose();
  const product = labels.length < width ? rows.mmul(turned) : turned.mmul(rows);
  const { realEigenvalues } = new EigenvalueDecomposition(product, { assumeSymmetric: true });
  return realEigenvalues.map((value) => Math.sqrt(Math.max(value, 0)));
}
