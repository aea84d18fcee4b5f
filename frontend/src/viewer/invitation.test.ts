import { expect, it } from 'vitest';
import { codeAddress, inHalves, minutes, waysOf } from './invitation';

const address = (network: string, host: string) => ({
  interface: network,
  join_url: `https://${host}:3000/j/token`,
  qr_svg: `<svg>${host}</svg>`,
});

it('offers the likeliest address first, then the others', () => {
  const others = [address('VPN (wg0)', '10.8.0.2'), address('Ethernet', '[fd00::2]')];
  const ways = waysOf({ ...address('Wi-Fi', '192.168.1.20'), code: null, others });
  expect(ways.map(({ label }) => label)).toEqual([
    'Wi-Fi 192.168.1.20',
    'VPN (wg0) 10.8.0.2',
    'Ethernet [fd00::2]',
  ]);
  expect(ways.map(codeAddress)).toEqual([
    'https://192.168.1.20:3000/j',
    'https://10.8.0.2:3000/j',
    'https://[fd00::2]:3000/j',
  ]);
  expect(ways.map(({ obstacle }) => obstacle)).toEqual([undefined, undefined, undefined]);
});

it('shows the obstacle in place of a code, and none where there is a way', () => {
  const first = address('None found', 'localhost');
  const others = [address('VPN (wg0)', '10.8.0.2')];
  const [none, vpn] = waysOf({ ...first, code: null, others, obstacle: 'on no network' });
  expect(none).toMatchObject({ label: 'None found', obstacle: 'on no network' });
  expect(vpn?.obstacle).toBeUndefined();
});

it('writes codes and times for people', () => {
  expect(inHalves('K7P4QX')).toBe('K7P 4QX');
  expect(minutes(581_000)).toBe('9:41');
  expect(minutes(600_000)).toBe('10:00');
  expect(minutes(1)).toBe('0:01');
  expect(minutes(-5000)).toBe('0:00');
});
