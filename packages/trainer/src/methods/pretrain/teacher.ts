import { rngWithin } from '@scion/engine/ops';
import * as tf from '@tensorflow/tfjs-core';
import { z } from 'zod';
import { type Forward, type ParameterSpec, startingAs } from '../../parameters.ts';
import type { Followers } from '../define-method.ts';

/** Share of the teacher that stays in a step, at the beginning of a run and at its end. */
export type TeacherMomentum = { momentum: number; finalMomentum: number };

export const momentumSetting = z.number().min(0).max(1);

const prefix = 'teacher.';

/** The name of a student's parameter among the teacher's. */
export const teacherName = (name: string) => `${prefix}${name}`;

export const isTeacherName = (name: string) => name.startsWith(prefix);

/**
 * A network's slow double: it starts equal to the network and follows it by an exponential moving average, the momentum going from its
 * first value to its last along a cosine (He et al., Momentum contrast, 2020; Grill et al., Bootstrap your own latent, 2020). Running
 * averages of its normalisation are its own. No gradient reaches it.
 */
export function createTeacher(student: readonly ParameterSpec[], { momentum, finalMomentum }: TeacherMomentum) {
  const parameters = student.map((parameter) => startingAs(parameter, teacherName(parameter.name)));
  const followers: Followers = {
    pairs: student.filter(({ role }) => role !== 'statistic').map(({ name }) => ({ name: teacherName(name), leader: name })),
    momentum: (progress) => cosineBetween(momentum, finalMomentum, progress),
  };
  return { parameters, followers };
}

/** A forward pass of the student as one of its teacher. */
export function asTeacher(forward: Forward): Forward {
  return {
    ...forward,
    parameter: (name) => forward.parameter(teacherName(name)),
    rng: rngWithin(forward.rng, 'teacher'),
    updateStatistic: (name, value) => forward.updateStatistic(teacherName(name), value),
  };
}

/** From the first value at progress 0 to the last at 1: last - (last - first) · (1 + cos(π · progress)) / 2. */
function cosineBetween(first: number, last: number, progress: tf.Scalar): tf.Scalar {
  const left = tf.div(tf.add(1, tf.cos(tf.mul(Math.PI, progress))), 2);
  return tf.sub(last, tf.mul(last - first, left));
}
