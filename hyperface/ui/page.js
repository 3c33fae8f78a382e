// What the components of the page are run by: each is given its element and properties by Gradio (see parts/scripts.py),
// and the server as `heard` has it.
import { guessView } from './evaluate/guess.js';
import { packView } from './pack/view.js';
import { learnView } from './learn/view.js';
import { portraitView } from './identities/portrait.js';
import { chartView } from './parts/chart.js';
import { downloads } from './parts/downloads.js';
import { sphereView } from './parts/sphere/view.js';
import { docReader } from './parts/reading.js';
import { heard } from './parts/server.js';
import { runProgress } from './parts/run_progress.js';
import { holdTyping } from './parts/typing.js';
import { photoPicker } from './photos/picker.js';
import { aboutPage } from './story/about.js';
import { storyStrip } from './story/strip.js';
import { trainView } from './train/view.js';

holdTyping(window);

export {
  aboutPage, chartView, docReader, downloads, guessView, heard, learnView, packView, photoPicker,
  portraitView, runProgress, sphereView, storyStrip, trainView,
};
