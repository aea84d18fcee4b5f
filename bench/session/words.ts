/** The command that makes the same again. */
export const commandLine = (args: string[]): string => ['bench/run_bench.sh', ...args.map(quoted)].join(' ');

const quoted = (text: string): string =>
  /^[\w./:=,@%+-]+$/.test(text) ? text : `'${text.replaceAll("'", `'\\''`)}'`;
