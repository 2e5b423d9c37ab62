import { type BadRecordPolicy, type DatasetIssue, type ErrorDetail, ScionError } from '@scion/schema';

/** Issues of one code that are listed one by one; the rest are only counted. */
const listedPerCode = 100;

type Place = { split?: string; path?: string; row?: number | null; message: string };

/** Collects what validation finds, in the order found, bounded so that a million bad files still give a readable report. */
export class IssueLog {
  readonly #policy: BadRecordPolicy;
  readonly #listed: DatasetIssue[] = [];
  readonly #counts = new Map<string, { severity: DatasetIssue['severity']; count: number }>();

  #leftOut = 0;

  constructor(policy: BadRecordPolicy = 'skip') {
    this.#policy = policy;
  }

  /** A file or record that was left out. Throws `dataInvalid` instead, where the policy is to refuse the data set. */
  leaveOut(code: string, place: Place & { path: string }): void {
    if (this.#policy === 'fail') {
      const { path, row, message } = place;
      const where = row === null || row === undefined ? path : `${path}, row ${row}`;
      throw new ScionError('dataInvalid', `${where}: ${message}`, { details: [{ path: where, message }] });
    }
    this.#leftOut++;
    this.#add('warning', code, { ...place, message: `${place.message}; left out` });
  }

  /** Something that looks wrong, while all can be used. */
  warn(code: string, place: Place): void {
    this.#add('warning', code, place);
  }

  /** Something worth knowing that changes nothing. */
  inform(code: string, place: Place): void {
    this.#add('info', code, place);
  }

  /** Number of files and records that were left out. */
  get leftOut(): number {
    return this.#leftOut;
  }

  /** How often each code was found, listed or not. */
  totals(): Record<string, number> {
    return Object.fromEntries([...this.#counts].map(([code, { count }]) => [code, count]));
  }

  /** The listed issues, followed by one summary for each code that has more. */
  all(): DatasetIssue[] {
    const summaries = [...this.#counts].filter(([, { count }]) => count > listedPerCode);
    return [
      ...this.#listed,
      ...summaries.map(([code, { severity, count }]) => ({
        code,
        severity,
        split: null,
        path: null,
        row: null,
        message: `${count - listedPerCode} more of this kind are not listed`,
      })),
    ];
  }

  /** The first few issues that name a file, as details of an error. */
  details(): ErrorDetail[] {
    return this.#listed.flatMap(({ path, message }) => (path === null ? [] : { path, message })).slice(0, 20);
  }

  #add(severity: DatasetIssue['severity'], code: string, { split, path, row, message }: Place): void {
    const count = (this.#counts.get(code)?.count ?? 0) + 1;
    this.#counts.set(code, { severity, count });
    if (count > listedPerCode) return;
    this.#listed.push({ code, severity, split: split ?? null, path: path ?? null, row: row ?? null, message });
  }
}
