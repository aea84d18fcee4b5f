// A laptop on several networks: the code leads through the likeliest, the menu offers the others, and both follow
// when the laptop moves. Server and browser run in a network namespace.
import type { Browser, Page } from 'playwright-core';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { launchLaptopBehind } from '../../bench/checks/launcher';
import { Namespace, noNamespaces } from './harness/namespace';
import { openViewer, takeTroubles, type Watched } from './harness/pages';
import { SERVER } from './harness/paths';
import { qrText } from './harness/qr';
import { Server } from './harness/server';
import { until } from './harness/until';
import { joinLink, textOf, untilText } from './harness/viewer';

const obstacle = noNamespaces();

describe.skipIf(obstacle !== null)(`a laptop on several networks${obstacle ? ` (${obstacle})` : ''}`, () => {
  let machine: Namespace;
  let server: Server;
  let laptop: Browser;
  let viewer: Watched;

  beforeAll(async () => {
    machine = new Namespace('laptop');
    machine.plugIn('docker0', '172.18.0.1/16');
    machine.plugIn('tailscale0', '100.64.0.5/32');
    machine.plugIn('wlan0', '192.168.7.20/24');
    machine.ip('route add default via 192.168.7.1');
    [server, laptop] = await Promise.all([
      Server.start({ program: [...machine.behind, SERVER] }),
      launchLaptopBehind(machine.behind),
    ]);
    viewer = await openViewer(laptop, server.viewerUrl);
  });

  afterAll(async () => {
    await Promise.all([laptop?.close(), server?.stop()]);
    machine?.remove();
  });

  const offered = (page: Page) => page.locator('#network-choice option').allInnerTexts();
  const host = (link: string) => new URL(link).hostname;

  async function leadsTo(address: string): Promise<void> {
    const { page } = viewer;
    await until(`a link to ${address}`, async () => host(await joinLink(page)) === address);
    expect(await qrText(laptop, page)).toBe(await joinLink(page));
    expect(await textOf(page, '#code-address')).toBe(`https://${address}:${server.port}/j`);
  }

  test('the menu offers all of them and swaps code, link and address at once', async () => {
    const { page } = viewer;
    await until('the menu', () => page.locator('#network-choice').isVisible());
    const [wifi, vpn] = ['Wi-Fi 192.168.7.20', 'VPN (tailscale0) 100.64.0.5'];
    expect(await offered(page)).toEqual([wifi, vpn, 'Container (docker0) 172.18.0.1']);
    await leadsTo('192.168.7.20');
    const code = await textOf(page, '#join-code');
    await page.locator('#network-choice').selectOption(vpn);
    await leadsTo('100.64.0.5');
    expect(await textOf(page, '#join-code'), 'it is the room’s, whatever the way').toBe(code);
    // By keyboard, as well; the page's own keys leave a menu alone.
    await page.locator('#network-choice').focus();
    await page.keyboard.press('ArrowUp');
    await leadsTo('192.168.7.20');
    await page.keyboard.press('w');
    expect(await page.locator('#waterfall').getAttribute('open')).toBeNull();
  });

  test('another Wi-Fi: the code follows by itself, and who chose another way stays there', async () => {
    const { page } = viewer;
    machine.ip('addr del 192.168.7.20/24 dev wlan0');
    machine.ip('addr add 192.168.9.30/24 dev wlan0');
    await leadsTo('192.168.9.30');
    await page.locator('#network-choice').selectOption('VPN (tailscale0) 100.64.0.5');
    machine.plugIn('eth0', '10.1.0.5/24');
    await until('the cable', async () => (await offered(page)).includes('Ethernet 10.1.0.5'));
    await leadsTo('100.64.0.5');
  });

  test('on no network the page says so, and goes on by itself', async () => {
    const { page } = viewer;
    await page.locator('#network-choice').selectOption({ index: 0 });
    machine.ip('link set wlan0 down');
    machine.ip('link set eth0 down');
    await untilText(page, '#qr', /no phone can join/i);
    expect(await page.locator('#code').isHidden()).toBe(true);
    machine.ip('link set wlan0 up');
    machine.ip('addr replace 192.168.9.31/24 dev wlan0');
    await until('the QR', () => page.locator('#qr img').isVisible());
    await until('a new link', async () => host(await joinLink(page)).startsWith('192.168.9.'));
    expect(takeTroubles(viewer)).toEqual([]);
  });
});
