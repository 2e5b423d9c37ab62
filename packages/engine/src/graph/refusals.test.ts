import assert from 'node:assert/strict';
import { before, describe, it } from 'node:test';
import * as tf from '@tensorflow/tfjs-core';
import { openDevice } from '../device.ts';
import { type Build, createProgram, type Program } from './program.ts';
import { RecordingRefused } from './recording-refused.ts';

const vector = { dtype: 'float32', shape: [4] } as const;

type Step = (build: Build) => Record<string, tf.Tensor>;

function programOf(build: Step): Program {
  const inputs = { x: vector, row: { dtype: 'int32', shape: [2] } } as const;
  return createProgram({ variables: [{ name: 'w', shape: [4] }], functions: { step: { inputs, build } } });
}

/** Asserts that the step is refused with a message that says `problem`, the function it called and its own name and line. */
function assertRefused(step: Step, { problem, called }: { problem: RegExp; called: string | null }): void {
  const tensors = tf.memory().numTensors;
  assert.throws(
    () => programOf(step),
    (error: unknown) => {
      assert.ok(error instanceof RecordingRefused, String(error));
      assert.match(error.message, problem);
      const asked = called ? `${called} at` : 'at';
      assert.match(
        error.message,
        new RegExp(`\\(${asked} (Object\\.)?${step.name}( \\[as build\\])? \\(.*refusals\\.test\\.[jt]s:\\d+:\\d+\\)\\)$`),
      );
      return true;
    },
  );
  assert.equal(tf.memory().numTensors, tensors, 'a refused step leaves no tensor behind');
}

before(async () => {
  await openDevice({ choice: 'cpu' });
});

describe('a step that reads values back is refused', () => {
  const problem = /^The step reads values back, which a graph cannot: return the tensor instead/;

  it('by dataSync', () => {
    assertRefused(
      function readsBack({ input, variable }) {
        return { y: tf.scalar(tf.add(input('x'), variable('w')).dataSync()[0] ?? 0) };
      },
      { problem, called: 'dataSync' },
    );
  });

  it('by arraySync', () => {
    assertRefused(
      function readsBack({ input }) {
        return { y: tf.tensor(input('x').arraySync()) };
      },
      { problem, called: 'arraySync' },
    );
  });

  it('by print', () => {
    assertRefused(
      function prints({ input }) {
        const y = tf.square(input('x'));
        y.print();
        return { y };
      },
      { problem, called: 'print' },
    );
  });

  it('by data, whose promise nobody awaits', () => {
    assertRefused(
      function readsLater({ input }) {
        void input('x').data();
        return { y: input('x') };
      },
      { problem, called: 'data' },
    );
  });

  it('even where it catches the refusal', () => {
    assertRefused(
      function catches({ input }) {
        try {
          input('x').dataSync();
        } catch {
          return { y: input('x') };
        }
        return { y: tf.zeros([1]) };
      },
      { problem, called: 'dataSync' },
    );
  });

  it('in order to choose what comes next', () => {
    assertRefused(
      function masks({ input }) {
        void tf.booleanMaskAsync(input('x'), tf.greater(input('x'), 0));
        return { y: input('x') };
      },
      { problem, called: 'booleanMaskAsync' },
    );
  });
});

describe('a step that draws random numbers without a key is refused', () => {
  const problem = /^The step draws random numbers that nobody could draw again: use rng.uniform or rng.normal/;

  it('by tf.dropout', () => {
    assertRefused(
      function drops({ input }) {
        return { y: tf.dropout(input('x'), 0.5) };
      },
      { problem, called: 'dropout' },
    );
  });

  it('by tf.randomUniform', () => {
    assertRefused(
      function draws({ input }) {
        return { y: tf.add(input('x'), tf.randomUniform([4])) };
      },
      { problem, called: 'randomUniform' },
    );
  });

  it("by TensorFlow's own generator", () => {
    assertRefused(
      function draws({ input }) {
        return { y: tf.multinomial(tf.reshape(input('x'), [1, 4]) as tf.Tensor2D, 2) };
      },
      { problem, called: 'multinomial' },
    );
  });

  it('by Math.random', () => {
    assertRefused(
      function throwsDice({ input }) {
        return { y: tf.mul(input('x'), Math.random()) };
      },
      { problem, called: null },
    );
  });
});

describe('a step whose shapes depend on values is refused', () => {
  const problem = /^The step makes a tensor whose shape depends on values/;

  it('by tf.unique', () => {
    assertRefused(
      function counts({ input }) {
        return { y: tf.unique(input('x')).values };
      },
      { problem, called: 'unique' },
    );
  });

  it('by tf.image.nonMaxSuppression', () => {
    assertRefused(
      function suppresses({ input }) {
        const boxes = tf.tensor2d([0, 0, 1, 1, 0, 0, 1, 1, 0, 0, 2, 2, 1, 1, 3, 3], [4, 4]);
        return { y: tf.image.nonMaxSuppression(boxes, input('x') as tf.Tensor1D, 2) };
      },
      { problem, called: 'nonMaxSuppression' },
    );
  });
});

describe('a step is refused that', () => {
  it('carries a large tensor in from outside', () => {
    const large = tf.linspace(0, 1, 100_000);
    assertRefused(
      function carries({ input }) {
        return { y: tf.add(tf.sum(large), input('x')) };
      },
      { problem: /^The step uses a tensor of 100000 values that it did not compute/, called: 'sum' },
    );
    large.dispose();
  });

  it('reads a tf.Variable', () => {
    const variable = tf.variable(tf.tensor1d([1, 2, 3, 4]));
    assertRefused(
      function readsVariable({ input }) {
        return { y: tf.add(variable, input('x')) };
      },
      { problem: /^The step uses, changes or makes a tf.Variable/, called: 'add' },
    );
    variable.dispose();
  });

  it('assigns to a tf.Variable', () => {
    const variable = tf.variable(tf.tensor1d([1, 2, 3, 4]));
    assertRefused(
      function assigns({ input }) {
        variable.assign(input('x') as tf.Tensor1D);
        return { y: input('x') };
      },
      { problem: /^The step uses, changes or makes a tf.Variable/, called: null },
    );
    assert.deepEqual([...variable.dataSync()], [1, 2, 3, 4]);
    variable.dispose();
  });

  it('makes a tf.Variable', () => {
    assertRefused(
      function makesVariable({ input }) {
        return { y: tf.variable(input('x')) };
      },
      { problem: /^The step uses, changes or makes a tf.Variable/, called: 'variable' },
    );
  });

  it('keeps a tensor for itself', () => {
    assertRefused(
      function keeps({ input }) {
        tf.keep(tf.square(input('x')));
        return { y: tf.keep(tf.exp(input('x'))) };
      },
      {
        problem: /^The step keeps 1 tensor\(s\) that it neither returns nor disposes of, the first of shape \[4\]/,
        called: 'keep',
      },
    );
  });

  it('gives a promise instead of tensors', () => {
    const step = (async ({ input }: Build) => ({ y: input('x') })) as unknown as Step;
    assert.throws(() => programOf(step), /^Error: The step is asynchronous: it must return its results at once/);
  });
});

describe('a run is refused whose inputs are not those that the function was recorded with', () => {
  const x = Float32Array.of(1, 2, 3, 4);
  const row = Int32Array.of(0, 1);
  let program: Program;
  before(() => {
    program = programOf(({ input, variable }) => ({ y: tf.add(input('x'), variable('w')), row: input('row') }));
    program.write('w', new Float32Array(4));
  });

  it('naming the input and both sizes', () => {
    const message =
      'The input "x" of the function "step" was recorded as Float32Array of 4 values ([4]), but got Float32Array of 3';
    assert.throws(() => program.run('step', { x: x.slice(1), row }), { message });
    assert.throws(() => program.run('step', { x: Float32Array.of(...x, 5), row }), /but got Float32Array of 5$/);
  });

  it('naming the kind of numbers, where it is another', () => {
    assert.throws(() => program.run('step', { x, row: Float32Array.of(0, 1) }), {
      message: 'The input "row" of the function "step" was recorded as Int32Array of 2 values ([2]), but got Float32Array of 2',
    });
  });

  it('naming what is missing, or unknown', () => {
    assert.throws(() => program.run('step', { x }), { message: 'The function "step" needs the input "row"' });
    assert.throws(() => program.run('steps', { x }), { message: 'The program has no function "steps"' });
    assert.throws(() => program.run('step', { x, row, z: x }), { message: 'The function "step" has no input "z"' });
  });

  it('and so is a value of another size for a variable', () => {
    assert.throws(() => program.write('w', new Float32Array(5)), {
      message: 'The variable "w" was recorded as Float32Array of 4 values ([4]), but got Float32Array of 5',
    });
  });

  it('and leaves the program as good as before', () => {
    assert.deepEqual(program.run('step', { x, row }), { y: x, row });
    program.dispose();
  });
});
