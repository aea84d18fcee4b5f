// A colour for every label, the same one on every machine and day.

export type Rgb = [number, number, number];
export type LabelColour = { fill: string; ink: '#000' | '#fff' };

const cache = new Map<string, LabelColour>();

export function labelColour(label: string): LabelColour {
  const known = cache.get(label);
  if (known) return known;
  const rgb = hslToRgb(labelHue(label), 0.85, 0.62);
  const ink = contrast(rgb, [0, 0, 0]) >= contrast(rgb, [255, 255, 255]) ? '#000' : '#fff';
  const colour: LabelColour = { fill: `rgb(${rgb.join(' ')})`, ink };
  cache.set(label, colour);
  return colour;
}

/** FNV-1a, spread over the circle by the golden angle so that near hashes get far hues. */
export function labelHue(label: string): number {
  let hash = 0x811c9dc5;
  for (const char of label) hash = Math.imul(hash ^ (char.codePointAt(0) ?? 0), 0x01000193);
  return ((hash >>> 0) * 137.508) % 360;
}

export function hslToRgb(hue: number, saturation: number, lightness: number): Rgb {
  const reach = saturation * Math.min(lightness, 1 - lightness);
  const channel = (n: number) => {
    const k = (n + hue / 30) % 12;
    return Math.round(255 * (lightness - reach * Math.max(-1, Math.min(k - 3, 9 - k, 1))));
  };
  return [channel(0), channel(8), channel(4)];
}

/** WCAG contrast ratio, 1 to 21. */
export function contrast(a: Rgb, b: Rgb): number {
  const [dark, light] = [luminance(a), luminance(b)].sort((x, y) => x - y) as [number, number];
  return (light + 0.05) / (dark + 0.05);
}

function luminance(rgb: Rgb): number {
  const [r, g, b] = rgb.map((value) => {
    const part = value / 255;
    return part <= 0.04045 ? part / 12.92 : ((part + 0.055) / 1.055) ** 2.4;
  }) as Rgb;
  return 0.2126 * r + 0.7152 * g + 0.0722 * b;
}
