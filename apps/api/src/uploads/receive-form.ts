import type { MultipartFile } from '@fastify/multipart';
import { ScionError } from '@scion/schema';
import type { FastifyRequest } from 'fastify';

export type FormLimits = {
  files: number;
  /** Of all files together. */
  totalBytes: number;
};

export type ReceivedForm<File> = { fields: Record<string, string>; files: File[] };

const maxFields = 20;
const maxFieldBytes = 10_000;

/**
 * Reads a multipart form, its fields before or after its files. Each file goes to `receiveFile` as a stream while it arrives, and has
 * to be named `file`. The scope's multipart plugin needs `throwFileSizeLimit: false`: a stream that ends early is told by its flag.
 *
 * @throws ScionError `uploadInvalid` for a broken form, `bodyTooLarge` for a file over the limit.
 */
export async function receiveForm<File>(
  request: FastifyRequest,
  { limits, receiveFile }: { limits: FormLimits; receiveFile: (part: MultipartFile) => Promise<File> },
): Promise<ReceivedForm<File>> {
  refuseKnownOversize(request, limits);
  const received: ReceivedForm<File> = { fields: {}, files: [] };
  let receivedBytes = 0;
  const parts = request.parts({
    limits: { fileSize: limits.totalBytes, files: limits.files, fields: maxFields, fieldSize: maxFieldBytes },
  });
  for (;;) {
    const { done, value: part } = await parts.next().catch((error: unknown) => {
      throw brokenForm(error);
    });
    if (done) return received;
    if (part.type === 'field') {
      if (part.valueTruncated) throw new ScionError('uploadInvalid', `The field ${part.fieldname} is too long`);
      if (Object.hasOwn(received.fields, part.fieldname)) {
        throw new ScionError('uploadInvalid', `The form has the field ${part.fieldname} twice`);
      }
      received.fields[part.fieldname] = String(part.value);
      continue;
    }
    if (part.fieldname !== 'file') {
      throw new ScionError('uploadInvalid', `A file came in the field ${part.fieldname}; send it in the field "file"`);
    }
    const file = await receiveFile(part).catch((error: unknown) => {
      // An error of the stream itself is the client's: it went away, or the form ends too early.
      throw part.file.errored === error ? brokenForm(error) : error;
    });
    receivedBytes += part.file.bytesRead;
    if (part.file.truncated || receivedBytes > limits.totalBytes) throw tooLarge(limits);
    received.files.push(file);
  }
}

/** Says no before the bytes come, where the client told how many there will be. */
function refuseKnownOversize(request: FastifyRequest, limits: FormLimits): void {
  const formBytes = Number(request.headers['content-length'] ?? 0);
  const otherParts = maxFields * maxFieldBytes;
  if (formBytes > limits.totalBytes + otherParts) throw tooLarge(limits);
}

function tooLarge({ totalBytes }: FormLimits): ScionError {
  return new ScionError('bodyTooLarge', `The upload is larger than ${totalBytes} bytes, the most that this route takes`);
}

/** The parser's own errors have no code; those of the plugin have one that the catalogue knows. */
function brokenForm(error: unknown): unknown {
  if (!(error instanceof Error) || error instanceof ScionError) return error;
  if ('code' in error && String(error.code).startsWith('FST_')) return error;
  return new ScionError('uploadInvalid', `The multipart form is broken: ${error.message}`, { cause: error });
}
