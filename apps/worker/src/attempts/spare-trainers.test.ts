import assert from 'node:assert/strict';
import { test } from 'node:test';
import { fileURLToPath } from 'node:url';
import { TrainerMessage } from '@scion/schema';
import type { Slot } from '../processes/slots.ts';
import { createSpareTrainers } from './spare-trainers.ts';

const path = fileURLToPath(new URL('../scripted-trainer.fixture.js', import.meta.url));
const slot: Slot = { device: 'cpu', environment: {}, threads: 1 };

type Spare = ReturnType<ReturnType<typeof createSpareTrainers>['take']>;

/** Resolves with the first message that the trainer has sent. */
function firstMessage(trainer: Spare): Promise<TrainerMessage> {
  return new Promise((resolve) =>
    trainer.listen({ onMessage: (message) => resolve(TrainerMessage.parse(message)), onLine: () => {} }),
  );
}

function open() {
  return createSpareTrainers({ path, environmentOf: () => process.env, slots: [slot] });
}

test('a spare has started before anyone takes it, and is heard from its start', async () => {
  const spares = open();
  const first = spares.take(slot);
  assert.ok(first.pid !== undefined);
  assert.deepEqual(await firstMessage(first), { type: 'ready' });
  spares.refill(slot);
  const second = spares.take(slot);
  assert.notEqual(second.pid, first.pid);
  for (const trainer of [first, second]) trainer.kill();
  await Promise.all([first.ended, second.ended]);
  await spares.close();
});

test('filling up again keeps a spare that lives, and replaces one that died', async () => {
  const spares = open();
  const first = spares.take(slot);
  first.kill();
  await first.ended;
  spares.refill(slot);
  spares.refill(slot);
  const second = spares.take(slot);
  second.kill();
  await second.ended;
  assert.equal(second.hasEnded(), true);
  const third = spares.take(slot);
  assert.equal(third.hasEnded(), false, 'there is a fresh one where no spare is left');
  third.kill();
  await third.ended;
  await spares.close();
});

test('closing ends the spares', async () => {
  const spares = open();
  const spare = spares.take(slot);
  await spares.close();
  spares.refill(slot);
  assert.equal(spare.hasEnded(), false, 'one that was taken is its taker’s to end');
  spare.kill();
  await spare.ended;
});
