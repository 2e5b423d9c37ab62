/**
 * A predictor without an engine: speaks the protocol over real IPC and answers by the text of each image, so that tests reach every
 * turn of the API's side, deaths included.
 */
import { PredictorRequest, type PredictorResponse } from '@scion/schema';

const send = (response: PredictorResponse) => process.send?.(response);

process.on('message', (message) => {
  const { id, images, topK } = PredictorRequest.parse(message);
  const texts = images.map((image) => Buffer.from(image, 'base64').toString());
  if (texts.includes('die')) process.exit(3);
  if (texts.includes('hang')) return;
  if (texts.includes('nonsense')) {
    process.send?.({ type: 'nonsense' });
    return;
  }
  const broken = texts.indexOf('broken');
  if (broken >= 0) {
    send({ type: 'error', id, code: 'inputInvalid', message: 'Not an image', index: broken });
    return;
  }
  send({
    type: 'predictions',
    id,
    predictions: texts.map((text) => ({
      label: text,
      score: 0.75,
      top: [
        { label: text, score: 0.75 },
        { label: 'other', score: 0.25 },
      ].slice(0, topK),
    })),
  });
});
process.on('disconnect', () => process.exit());
process.stdout.write(`environment: ${Object.keys(process.env).sort().join(' ')}\n`);
send({ type: 'ready' });
