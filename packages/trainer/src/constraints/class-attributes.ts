import { ScionError } from '@scion/schema';
import * as tf from '@tensorflow/tfjs-core';
import { z } from 'zod';
import { inClassOrder } from './by-class.ts';
import { defineConstraint } from './define-constraint.ts';

export const classAttributes = defineConstraint({
  id: 'class-attributes',
  summary:
    "Mean squared difference between the attributes of the predicted classes and those of the label's: mistakes between like classes weigh less",
  paper:
    'Lampert et al., Attribute-based classification for zero-shot visual object categorization, TPAMI 2014 (the class-attribute matrix)',
  settings: {
    attributes: z
      .record(z.string(), z.array(z.number()).min(1).max(10_000))
      .describe('The attributes of each class, by its name: rows of as many numbers each'),
  },
  create({ attributes }, classNames) {
    const rows = inClassOrder(attributes, classNames);
    const width = rows[0]?.length ?? 0;
    const other = rows.findIndex(({ length }) => length !== width);
    if (other > 0) {
      const message = `"${classNames[other]}" has ${rows[other]?.length} attributes, but "${classNames[0]}" has ${width}`;
      throw new ScionError('specInvalid', message);
    }
    return {
      violation({ scores, targets }) {
        const matrix = tf.tensor2d(rows);
        const attributesOf = (shares: tf.Tensor2D) => tf.matMul(shares, matrix);
        return tf.mean(tf.squaredDifference(attributesOf(tf.softmax(scores)), attributesOf(targets))) as tf.Scalar;
      },
    };
  },
});
