// What the book's page adds to the players of tinyaudio.show: one sounds at a time, sounds that are compared change
// places where they are, a slider goes on sounding while it moves, and every sound says how long it is.
(() => {
  'use strict';
  const korean = document.documentElement.lang == 'ko';
  const audios = box => [...box.querySelectorAll('audio')];
  const playing = box => audios(box).find(sound => !sound.paused && !sound.ended);

  // One at a time: players, maps (whose sounds are not on the page) and live figures (see figures.js).
  function silence(except) {
    for (const sound of audios(document)) if (sound != except) sound.pause();
    for (const map of document.querySelectorAll('.ta-map')) if (map != except) map.sound?.pause();
    document.dispatchEvent(new CustomEvent('ta-silence', { detail: except }));
  }
  window.taSilence = silence;

  // Where `sound` is to begin so that it goes on where `other` is.
  function continueFrom(sound, other) {
    const at = other.currentTime;
    sound.currentTime = sound.duration && at > sound.duration - 0.05 ? 0 : at;
  }

  document.addEventListener('play', event => {
    const sound = event.target, compared = sound.closest('.ta-compare, .ta-cover-ab');
    if (sound.paused) return; // the event comes late, and another was pressed meanwhile
    const other = compared && audios(compared).find(one => one != sound && !one.paused && !one.ended);
    if (other) continueFrom(sound, other);
    silence(sound);
  }, true);
  document.addEventListener('click', event => {
    const map = event.target.closest('.ta-map');
    if (map) silence(map);
  });
  // On a map, a pointer that is held down plays what it comes to.
  document.addEventListener('pointerover', event => {
    const cell = event.target.closest('.ta-map button');
    if (cell && event.buttons == 1 && event.pointerType == 'mouse') cell.click();
  });

  // A slider: the sound of the frame that is left goes on in the frame that is shown.
  let left = null;
  document.addEventListener('input', event => {
    const box = event.target.closest('.ta-explore'), sound = box && playing(box);
    left = sound && { sound, index: audios(sound.closest('.ta-frame')).indexOf(sound) };
  }, true); // before the slider's own handler, which stops it
  document.addEventListener('input', event => {
    const frame = left && event.target.closest('.ta-explore')?.querySelector('.ta-frame:not([hidden])');
    const next = frame && audios(frame)[left.index];
    if (next && next != left.sound) {
      continueFrom(next, left.sound);
      next.play().catch(() => {}); // it was stopped again by the next step of the slider
    }
    left = null;
  });

  // Buttons over sounds that are compared; each plays its sound from where the other is.
  function addSwitch(box) {
    const sounds = audios(box);
    if (sounds.length < 2 || box.querySelector('.ta-switch')) return;
    const bar = document.createElement('div');
    bar.className = 'ta-switch';
    bar.setAttribute('role', 'group');
    bar.setAttribute('aria-label', korean ? '같은 자리에서 바꾸어 듣기' : 'Switch at the same position');
    const buttons = sounds.map((sound, i) => {
      const button = document.createElement('button'), label = sound.getAttribute('aria-label') || '';
      button.type = 'button';
      button.textContent = sounds.length <= 26 ? `${String.fromCharCode(65 + i)} ${label}` : label;
      button.setAttribute('aria-pressed', 'false');
      button.onclick = () => {
        const other = sounds.find(one => one != sound && !one.paused) || sounds.find(one => one != sound && one.ta_last);
        if (!sound.paused) return sound.pause();
        if (other && other.currentTime && !other.ended) continueFrom(sound, other);
        sounds.forEach(one => { one.ta_last = one == sound; });
        silence(sound);
        sound.play().catch(() => {}); // it was stopped again by the next press
      };
      sound.addEventListener('play', () => button.setAttribute('aria-pressed', 'true'));
      for (const end of ['pause', 'ended']) sound.addEventListener(end, () => button.setAttribute('aria-pressed', 'false'));
      return button;
    });
    bar.append(...buttons);
    box.prepend(bar);
  }
  document.querySelectorAll('.ta-compare').forEach(addSwitch);

  // The length, after the name.
  function showLength(sound) {
    const caption = sound.closest('.ta-player')?.querySelector('figcaption');
    if (!caption || caption.querySelector('.ta-seconds') || !isFinite(sound.duration)) return;
    const length = document.createElement('span');
    length.className = 'ta-seconds';
    length.textContent = ` · ${sound.duration.toFixed(1)}${korean ? '초' : ' s'}`;
    caption.append(length);
  }
  document.addEventListener('loadedmetadata', event => showLength(event.target), true);
  for (const sound of audios(document)) if (sound.readyState) showLength(sound);
})();
