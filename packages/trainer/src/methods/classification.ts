import { accuracy, crossEntropy, softCrossEntropy } from '@scion/engine/ops';
import * as tf from '@tensorflow/tfjs-core';
import { mixedTargets } from '../augment/label-mix.ts';
import { classificationEvaluator } from '../evaluate/classification.ts';
import { linear } from '../models/layers.ts';
import type { Forward } from '../parameters.ts';
import type { AugmentedBatch, Method, MethodContext, StepResult } from './define-method.ts';

/** A linear head on the backbone's features, trained with cross-entropy; `freezeBackbone` trains the head alone. */
export function classification({ backbone, classNames }: MethodContext, { freezeBackbone }: { freezeBackbone: boolean }): Method {
  const head = linear('head', { in: backbone.featureCount, out: classNames.length });
  const headNames = new Set(head.parameters.map(({ name }) => name));
  const logits = (forward: Forward, images: tf.Tensor4D) => {
    // A frozen backbone runs as it does in evaluation: no dropout, running statistics left alone.
    const features = backbone.features(freezeBackbone ? { ...forward, training: false } : forward, images);
    return head.apply(forward, features);
  };
  return {
    parameters: head.parameters,
    isTrainable: (name) => !freezeBackbone || headNames.has(name),
    logits,
    evaluator: classificationEvaluator(logits),
    step: (forward, batch) => classify(logits(forward, batch.images), batch),
  };
}

/** Loss and accuracy of scores [batch, class]; where labels are mixed, against all of them, and against the heavier. */
function classify(scores: tf.Tensor2D, { labels, mixes }: Pick<AugmentedBatch, 'labels' | 'mixes'>): StepResult {
  if (mixes.length === 0) return { loss: crossEntropy(scores, labels), metrics: { accuracy: accuracy(scores, labels) } };
  const targets = mixedTargets(labels, scores.shape[1], mixes);
  const heavier = tf.argMax(targets, 1) as tf.Tensor1D;
  return { loss: softCrossEntropy(scores, targets), metrics: { accuracy: accuracy(scores, heavier) } };
}
