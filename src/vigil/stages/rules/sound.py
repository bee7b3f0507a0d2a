"""Something is heard: a scream, breaking glass, a shot, an alarm, or just a sudden loud noise."""

from typing import ClassVar

from vigil.core import Rung, Scene, Sound, Step, part
from vigil.stages.rules.camera_health import NO_LABELS
from vigil.stages.rules.life import Lives, Sighting
from vigil.stages.rules.moment import Lifetime, Moment
from vigil.stages.rules.settings import Count, Labels, RuleSettings, Seconds, Share

SET_BACK_S = 60.0
"""A sound so much older than the last of its word was heard by a clock that has been set back."""
NOUNS = {
    "alarm": ("An alarm", "警报声"),
    "bang": ("A bang", "撞击声"),
    "bark": ("A barking dog", "犬吠声"),
    "crying": ("Somebody crying", "哭声"),
    "explosion": ("An explosion", "爆炸声"),
    "fireworks": ("Fireworks", "烟花爆竹声"),
    "glass": ("Breaking glass", "玻璃破碎声"),
    "gunshot": ("A gunshot", "枪声"),
    "loud": ("A sudden loud noise", "突发巨响"),
    "scream": ("A scream", "尖叫声"),
    "shout": ("Shouting", "喊叫声"),
    "siren": ("A siren", "警笛声"),
    "speech": ("Speech", "说话声"),
}
"""Words of the ears as they stand in a claim; others stand as they are."""


@part
class SoundHeard(RuleSettings):
    """Fires when one of `labels` is heard; one event a word.

    `labels`: words of the camera's `ear`. `min_score`: how sure the ear must be. `longer_than_s`:
    it must go on for so long; `inertia`: and be heard in so many pieces of sound, of which an ear's
    overlap, so that whatever lasts is heard in two. It ends when it
    has not been heard for `close_s`. Reads no picture. Limits: what it was, only an ear with a
    model can tell; a television, and whatever else sounds alike, is heard too.
    """

    CLAIM: ClassVar[str] = "{noise} is to be heard."
    CLAIM_ZH: ClassVar[str] = "听到{noise}。"

    name: str = "sound"
    labels: Labels = ("alarm", "explosion", "glass", "gunshot", "scream")
    min_score: Share = 0.4
    longer_than_s: Seconds = 0.0
    inertia: Count = 2
    close_s: Seconds = 3.0

    def __post_init__(self) -> None:
        self._begin()

    def _begin(self) -> None:
        self._lives = Lives(self)
        self._lifetime = Lifetime()
        self._heard_s: dict[str, float] = {}
        self._news_lived_s: dict[str, float] = {}

    @property
    def needs(self) -> Rung:
        return Rung.PACKETS

    @property
    def wants(self) -> frozenset[str]:
        return NO_LABELS

    @property
    def signals(self) -> frozenset[str]:
        return frozenset({"sounds"})

    def update(self, scene: Scene) -> list[Step]:
        moment = self._lifetime.at(scene)
        steps = self._lives.tick(moment)
        for sound in scene.sounds:
            if sound.word in self.labels and self._counts(sound) and self._is_news(sound):
                self._heard_s[sound.word] = sound.end_s
                self._news_lived_s[sound.word] = moment.lived_s
                steps += self._lives.hold(sound.word, moment, self._sighting(sound))
        return steps + self._end_silent(moment)

    def close(self, time_s: float) -> list[Step]:
        steps = self._lives.end_all(time_s)
        self._begin()
        return steps

    def _counts(self, sound: Sound) -> bool:
        lasted_s = sound.end_s - sound.start_s
        enough = sound.hits >= self.inertia and lasted_s >= self.longer_than_s
        return enough and sound.score >= self.min_score

    def _is_news(self, sound: Sound) -> bool:
        """An ear goes on telling for seconds what has ended."""
        last_s = self._heard_s.get(sound.word)
        return last_s is None or sound.end_s > last_s or sound.end_s < last_s - SET_BACK_S

    def _end_silent(self, moment: Moment) -> list[Step]:
        silent = [
            word
            for word, lived_s in self._news_lived_s.items()
            if moment.passed(lived_s, self.close_s)
        ]
        for word in silent:
            del self._news_lived_s[word]
        return [step for word in silent for step in self._lives.end(word, moment)]

    def _sighting(self, sound: Sound) -> Sighting:
        return Sighting(
            start_s=sound.start_s,
            end_s=sound.end_s,
            claims=self._claims_of(sound.word),
            label=sound.word,
        )

    def _claims_of(self, word: str) -> tuple[str, str]:
        if self.claim is not None:
            return self.claims(label=word, seconds=self.longer_than_s)
        english, chinese = NOUNS.get(word, (word[:1].upper() + word[1:], word))
        return self.CLAIM.format(noise=english), self._chinese(chinese, word)

    def _chinese(self, noise: str, word: str) -> str:
        if self.claim_zh is not None:
            return self.claims(label=word, seconds=self.longer_than_s)[1]
        return self.CLAIM_ZH.format(noise=noise)
