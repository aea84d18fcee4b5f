// A failed test leaves pictures and logs of every open page behind.
import { afterEach } from 'vitest';
import { saveArtifacts } from './pages';

afterEach(async ({ task }) => {
  if (task.result?.state === 'fail') await saveArtifacts(task.name);
});
