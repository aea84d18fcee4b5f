import { expect, it } from 'vitest';
import { camera } from '../doctor/end-checks';
import { cameraOf } from './connection';
import { live } from './sample-knowledge';
import { type CameraState, messageFor } from './status';

it.each<[CameraState, RegExp]>([
  [{ kind: 'lost', how: 'returning' }, /back/i],
  [{ kind: 'lost', how: 'stuck' }, /by itself/],
  [{ kind: 'lost', how: 'asks' }, /\btap\b/i],
])('the doctor and the page say the same of %o', (state, help) => {
  const { title, detail } = messageFor({ ...live, camera: state });
  const { value, remedy } = camera(cameraOf(state));
  expect(`${title} ${detail}`).toMatch(help);
  expect(`${value} ${remedy}`).toMatch(help);
});

it('the doctor does not promise that a camera comes back by itself when it asks for a person', () => {
  expect(camera(cameraOf({ kind: 'lost', how: 'asks' })).remedy).not.toMatch(/by itself/);
});
