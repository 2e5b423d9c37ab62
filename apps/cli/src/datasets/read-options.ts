import { ColumnRoles, MaskClassNames } from '@scion/schema';
import { z } from 'zod';

const listOf = (text: string) => text.split(',').map((part) => part.trim());

/** The text of `--columns`: `label=species,group=patient`. */
export const columnsOption = z
  .string()
  .transform((text): unknown =>
    Object.fromEntries(
      listOf(text).map((part) => {
        const [role = '', ...column] = part.split('=');
        return [role, column.join('=')];
      }),
    ),
  )
  .pipe(ColumnRoles);

/** The text of `--mask-classes`: `sky,road,void`. */
export const maskClassesOption = z.string().transform(listOf).pipe(MaskClassNames);
