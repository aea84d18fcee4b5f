/** The command that makes the same again. */
export const commandLine = (args: string[]): string => ['bench/run_bench.sh', ...args.map(quoted)].join(' ');

const quoted = (text: string): string =>
  /^[\w./:=,@%+-]+$/.test(text) ? text : `'${text.replaceAll("'", `'\\''`)}'`;

/** What an error says, in one line: without the driver's prefixes and call log. */
export function sentence(error: unknown): string {
  const [line = ''] = (error instanceof Error ? error.message : String(error)).split('\n');
  return line.replace(/^(page|browser|browserType)\.\w+: /, '').replace(/^Error: /, '');
}
