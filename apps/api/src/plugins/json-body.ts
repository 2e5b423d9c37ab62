import { ScionError } from '@scion/schema';
import { tangledJson } from '../access/json-shape.ts';
import type { App } from '../app-instance.ts';

/**
 * Reads JSON bodies, and only those: any other content type is refused with 415. An empty body counts as none whatever its content
 * type says, so that `POST …/cancel` works for clients that always name one.
 */
export function useJsonBodies(app: App): void {
  const parse = app.getDefaultJsonParser('error', 'error');
  app.removeAllContentTypeParsers();
  app.addContentTypeParser<string>('application/json', { parseAs: 'string' }, (request, body, done) => {
    if (body.length === 0) {
      done(null, undefined);
      return;
    }
    void parse(request, body, (error, value) => {
      if (error) done(new ScionError('malformedJson', `The body is not valid JSON: ${error.message}`, { cause: error }));
      else done(tangledJson(value), value);
    });
  });
}
