import { describe, expect, it } from 'vitest';
import { nextOf, troubleOf } from './camera';
import { live } from './sample-knowledge';
import { type Knowledge, messageFor, needsPerson, unwanted } from './status';

describe('messageFor', () => {
  it.each<[string, string | null, Partial<Knowledge>]>([
    ['Live', null, {}],
    ['Live', null, { seat: 'retrying' }],
    ['Live', null, { seat: 'gone' }],
    // A direct way may stand and carry no picture.
    ['Live, through the server', null, { relaying: true }],
    ['Live, through the server', null, { peer: 'connecting', relaying: true }],
    ['Live, through the server', null, { peer: 'failed', seat: 'retrying', relaying: true }],
    ['Another phone took over', 'take_over', { peer: 'none', seat: 'replaced', relaying: true }],
    [
      'The camera was taken away',
      'retry_camera',
      { camera: { kind: 'lost', how: 'returning' }, relaying: true },
    ],
    ['Connecting', null, { peer: 'connecting' }],
    ['Reconnecting', null, { peer: 'interrupted' }],
    ['Waiting for the viewer', null, { peer: 'none', viewerPresent: false }],
    ['Joining', null, { peer: 'none', seat: 'connecting' }],
    ['Use this phone as a camera', 'start', { peer: 'none', camera: { kind: 'off' } }],
    ['Starting the camera', null, { peer: 'none', camera: { kind: 'asking' } }],
    ['The camera was taken away', 'retry_camera', { camera: { kind: 'lost', how: 'returning' } }],
    ['Something else has the camera', 'retry_camera', { camera: { kind: 'lost', how: 'stuck' } }],
    ['The camera needs a tap', 'retry_camera', { camera: { kind: 'lost', how: 'asks' } }],
    ['This link has expired', 'reload', { peer: 'none', seat: 'gone' }],
    ['Another phone is the camera', 'take_over', { peer: 'none', seat: 'taken' }],
    ['Another phone took over', 'take_over', { peer: 'none', seat: 'replaced' }],
    ['The laptop does not answer', 'retry_server', { peer: 'none', seat: 'none', unreachable: true }],
    ['The laptop does not answer', 'retry_server', { peer: 'failed', seat: 'retrying' }],
    ['The laptop refuses for now', 'retry_server', { peer: 'none', seat: 'none', refusal: 'No more.' }],
    ['Live', null, { refusal: 'No more.' }],
    ['The camera was not allowed', 'retry_camera', { camera: { kind: 'failed', trouble: 'refused' } }],
    ['No camera found', 'retry_camera', { camera: { kind: 'failed', trouble: 'none' } }],
    ['The camera is busy', 'retry_camera', { camera: { kind: 'failed', trouble: 'busy' } }],
    ['This page needs a secure address', null, { camera: { kind: 'failed', trouble: 'insecure' } }],
  ])('says “%s” (%s) for %o', (title, action, news) => {
    const message = messageFor({ ...live, ...news });
    expect(message.title).toBe(title);
    expect(message.action).toBe(action);
  });

  it.each([
    ['p2p', 'Straight to the laptop'],
    ['turn', 'Through a TURN server'],
    // Nobody looked yet, or the browser does not tell.
    [null, 'To the laptop'],
  ] as const)('tells the way of the video: %s', (way, detail) => {
    expect(messageFor({ ...live, way })).toMatchObject({ title: 'Live', detail });
  });

  it('tells a refusal in the server’s words', () => {
    const { detail } = messageFor({ ...live, peer: 'none', seat: 'none', refusal: 'All rooms are in use.' });
    expect(detail).toMatch(/^All rooms are in use\. Trying again/);
  });
});

describe('unwanted', () => {
  it.each<[boolean, Partial<Knowledge>]>([
    [false, {}],
    [false, { seat: 'gone' }],
    [true, { seat: 'gone', peer: 'none' }],
    [true, { seat: 'taken', peer: 'none' }],
    [true, { seat: 'replaced' }],
    [false, { seat: 'retrying', peer: 'none' }],
  ])('is %s for %o', (expected, news) => {
    expect(unwanted({ ...live, ...news })).toBe(expected);
  });
});

describe('needsPerson', () => {
  it.each<[boolean, Partial<Knowledge>]>([
    [false, {}],
    [false, { seat: 'retrying', peer: 'interrupted' }],
    [false, { camera: { kind: 'lost', how: 'returning' } }],
    [true, { camera: { kind: 'lost', how: 'stuck' } }],
    [true, { camera: { kind: 'lost', how: 'asks' } }],
    [true, { camera: { kind: 'failed', trouble: 'busy' } }],
    [true, { camera: { kind: 'off' } }],
    [true, { seat: 'replaced' }],
    [true, { seat: 'gone', peer: 'none' }],
  ])('is %s for %o', (expected, news) => {
    expect(needsPerson({ ...live, ...news })).toBe(expected);
  });
});

describe('nextOf', () => {
  it('goes round', () => {
    expect(nextOf(['a', 'b'], 'a')).toBe('b');
    expect(nextOf(['a', 'b'], 'b')).toBe('a');
    expect(nextOf(['a', 'b'], undefined)).toBe('a');
    expect(nextOf([], 'a')).toBeUndefined();
  });
});

describe('troubleOf', () => {
  it.each([
    ['NotAllowedError', 'refused'],
    ['NotFoundError', 'none'],
    ['OverconstrainedError', 'none'],
    ['NotReadableError', 'busy'],
    ['AbortError', 'busy'],
    ['SecurityError', 'insecure'],
    ['SomethingNew', 'unknown'],
  ])('knows %s as %s', (name, trouble) => {
    expect(troubleOf(new DOMException('', name))).toBe(trouble);
  });
});
