import assert from 'node:assert/strict';
import { test } from 'node:test';
import { toCsv } from './metrics-csv.ts';

test('joins the series by step and leaves gaps empty', () => {
  const data = {
    'train/loss': { step: [1, 2, 3], value: [2, 1.5, 1e-7] },
    'test/accuracy': { step: [2, 10], value: [0.5, 0.75] },
  };
  assert.equal(toCsv({ data }), 'step,train/loss,test/accuracy\r\n1,2,\r\n2,1.5,0.5\r\n3,1e-7,\r\n10,,0.75\r\n');
});

test('has a header only where there are no points, and quotes what needs it', () => {
  assert.equal(toCsv({ data: {} }), 'step\r\n');
  assert.equal(toCsv({ data: { 'a,"b"': { step: [1], value: [1] } } }), 'step,"a,""b"""\r\n1,1\r\n');
});
