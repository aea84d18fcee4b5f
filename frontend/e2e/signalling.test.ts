// A proxy that breaks connections while phone and viewer are being introduced.
import { afterAll, beforeAll, expect, test } from 'vitest';
import { openPage, takeTroubles, type Watched } from './harness/pages';
import { type Session, startSession } from './harness/session';
import { breakAt, heardBy, LostAnswers, noteSignals, postedBy } from './harness/signals';
import { until } from './harness/until';
import { joinLink, untilText } from './harness/viewer';

let session: Session;

beforeAll(async () => {
  session = await startSession('people.mjpeg');
});

afterAll(() => session?.end());

type Talk = { session: string | undefined; signal: unknown };

/** What belongs to a session says so. */
const talk = (texts: string[]): Talk[] =>
  texts.map((text) => {
    const signal = JSON.parse(text);
    const [body] = Object.values(signal) as { session?: string }[];
    return { session: body?.session, signal };
  });

const ofSession = (texts: string[], session?: string) =>
  talk(texts).filter((each) => each.session === session);

/** Everything that one said in this session has come to the other, once and in order. An earlier one may have been cut short. */
async function untilHeard(listener: Watched, speaker: Watched, session?: string): Promise<void> {
  const heard = async () => ofSession(await heardBy(listener.page), session);
  const posted = async () => ofSession(await postedBy(speaker.page), session);
  await until('the list of candidates has come to its end', async () =>
    JSON.stringify(await heard()).includes('"candidate":null'),
  );
  expect(await heard()).toEqual(await posted());
}

test('a dropped event stream heals by itself and loses no signal', async () => {
  const { relay, laptop, phones } = session;
  const words = ['offer', 'answer', 'candidate', 'candidate'];
  relay.faults.add(/\/events\?/, breakAt(words));
  const answers = new LostAnswers();
  relay.faults.add(/\/signal\?/, answers.fault);
  const init = noteSignals;
  const viewer = await openPage(laptop, 'viewer', relay.url, { permissions: ['camera'], init });
  const { pathname } = new URL(await joinLink(viewer.page));
  const link = new URL(pathname, relay.url).href;
  const phone = await openPage(phones, 'phone', link, { permissions: ['camera'], init });

  await untilText(phone.page, '#status', /live/i);
  await untilText(viewer.page, '#status', /live/i);
  expect(words, 'streams that did not break').toEqual([]);
  expect(answers.lost, 'answers that were lost').toBeGreaterThan(3);
  const last = talk(await postedBy(phone.page)).findLast(({ session: name }) => name)?.session;
  await untilHeard(viewer, phone, last);
  await untilHeard(phone, viewer, last);
  const broken = [/Failed to load resource/, /ERR_/];
  expect([...takeTroubles(viewer, broken), ...takeTroubles(phone, broken)]).toEqual([]);
});
