import { SaxesParser } from 'saxes';

/** The names of the objects that an annotation of Pascal VOC lists; null where it is no sound XML. Entities are not expanded. */
export function readObjects(xml: string): string[] | null {
  const parser = new SaxesParser();
  const path: string[] = [];
  const names: string[] = [];
  let isSound = true;
  parser.on('error', () => {
    isSound = false;
  });
  parser.on('opentag', ({ name }) => {
    path.push(name);
    if (path.join('/') === objectName) names.push('');
  });
  parser.on('text', (text) => {
    if (path.join('/') === objectName) names.push((names.pop() ?? '') + text);
  });
  parser.on('closetag', () => {
    path.pop();
  });
  parser.write(xml).close();
  return isSound ? names.map((name) => name.trim()).filter((name) => name !== '') : null;
}

const objectName = 'annotation/object/name';
