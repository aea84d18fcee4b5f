// Small things kept in the browser. Where keeping is forbidden (blocked cookies), nothing is kept and all goes on.

export function recall(storage: () => Storage, key: string): string | null {
  try {
    return storage().getItem(key);
  } catch {
    return null;
  }
}

export function keep(storage: () => Storage, key: string, text: string | null): void {
  try {
    if (text === null) storage().removeItem(key);
    else storage().setItem(key, text);
  } catch (error) {
    console.warn(`${key} is not kept`, error);
  }
}

export const forGood = () => localStorage;
export const forThisTab = () => sessionStorage;
