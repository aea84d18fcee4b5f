// One line of the doctor: what was looked at, how it is, and what to do if it is bad.
export type State = 'ok' | 'waiting' | 'bad' | 'unknown';

export type Finding = { state: State; value: string; remedy: string | null };

/** Whose line it is: of one end, or of the way between them. */
export type Part = 'viewer' | 'phone' | 'between';

export type Check = Finding & { id: string; part: Part; name: string };

export const ok = (value: string): Finding => ({ state: 'ok', value, remedy: null });
export const waiting = (value: string): Finding => ({ state: 'waiting', value, remedy: null });
export const unknown = (value: string): Finding => ({ state: 'unknown', value, remedy: null });
export const bad = (value: string, remedy: string): Finding => ({ state: 'bad', value, remedy });

export const check = (part: Part, id: string, name: string, finding: Finding): Check => ({
  part,
  id: part === 'between' ? id : `${part}-${id}`,
  name,
  ...finding,
});
