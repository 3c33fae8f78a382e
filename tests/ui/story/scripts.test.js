import assert from 'node:assert/strict';
import test from 'node:test';
import { captionAt } from '../../../hyperface/ui/story/landing.js';
import { stageHtml } from '../../../hyperface/ui/story/strip.js';

test('a caption belongs to the first frame, to the last, or to those between', () => {
  const captions = { first: 'a', between: 'b', last: 'c' };
  assert.deepEqual([0, 1, 2, 8, 9].map((frame) => captionAt(captions, frame, 9)), ['a', 'a', 'b', 'b', 'c']);
  assert.equal(captionAt(captions, 0, 0), 'c');  // of a packing without frames
  assert.equal(captionAt({}, 3, 9), '');
});

test('the stage of the open tab is marked, and its state is told in words', () => {
  const stage = {
    key: 'packed', title: 'Pushed apart', tab: 'pack', frame: 'last', figure: '77° apart', state: 'done', progress: 1, thumbnail: '',
  };
  assert.match(stageHtml(stage, 'pack'), /data-tab="pack" data-frame="last" aria-current="step"/);
  assert.doesNotMatch(stageHtml(stage, 'train'), /aria-current/);
  assert.match(stageHtml({ ...stage, figure: '', state: '43 %', progress: 0.43 }, 'train'), />43 %<.*width:43%/s);
});
