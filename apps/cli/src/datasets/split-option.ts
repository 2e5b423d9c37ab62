import { MakeSplits } from '@scion/schema';
import { z } from 'zod';

/** The text of `--split`: `train=0.8,val=0.1,test=0.1`, and `seed=1`, `stratify=false` or `byGroup=true` where wanted. */
export const splitOption = z
  .string()
  .transform((text): unknown => Object.fromEntries(text.split(',').map(readSetting)))
  .pipe(MakeSplits);

function readSetting(setting: string): [string, number | boolean | string] {
  const [name = '', value = ''] = setting.split('=').map((part) => part.trim());
  if (value === 'true' || value === 'false') return [name, value === 'true'];
  return [name, value === '' || Number.isNaN(Number(value)) ? value : Number(value)];
}
