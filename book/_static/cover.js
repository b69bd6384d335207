// The cover's picture: it shows the spectrogram of what sounds, a line where it sounds, and plays from where it is pressed.
(() => {
  'use strict';
  const box = document.querySelector('.ta-cover-ab');
  if (!box) return;
  const frame = box.querySelector('.ta-cover-picture'), line = frame.querySelector('span');
  const sounds = [...box.querySelectorAll('audio')], pictures = [...frame.querySelectorAll('img')];
  let current = sounds[0], next = 0;
  const follow = () => {
    cancelAnimationFrame(next);
    line.style.left = `${100 * current.currentTime / (current.duration || 1)}%`;
    if (!current.paused) next = requestAnimationFrame(follow);
  };
  sounds.forEach((sound, i) => {
    sound.addEventListener('play', () => {
      if (sound.paused) return; // another was pressed meanwhile
      current = sound;
      pictures.forEach((picture, j) => { picture.hidden = j != i; });
      follow();
    });
    sound.addEventListener('seeked', () => { if (sound == current) follow(); });
  });
  frame.addEventListener('click', event => {
    const { left, width } = frame.getBoundingClientRect();
    current.currentTime = (event.clientX - left) / width * (current.duration || 0);
    current.play().catch(() => {}); // stopped by a next press
  });
})();
