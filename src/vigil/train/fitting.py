"""Fit a detector to a data set: one loop, that of transformers, for whatever is learnt.

A run has a folder of its own. Cut short, it goes on where its last checkpoint was:

run.json         settings, versions of libraries, seed, data set
log.csv          loss and metrics by step
checkpoint-N/    what is needed to go on
"""

import csv
import json
import platform
from collections.abc import Callable, Mapping, Sequence
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

import numpy as np
import torch
import transformers
from torch import Tensor
from torch.utils.data import Dataset
from transformers import (
    EarlyStoppingCallback,
    PrinterCallback,
    Trainer,
    TrainerCallback,
    TrainingArguments,
    set_seed,
)
from transformers.trainer_utils import get_last_checkpoint

from vigil.core import DataError, Image, ModelCard, ModelInput
from vigil.core.durable import write_durably
from vigil.infer.session import Output
from vigil.models.sentry import Exported, Sentry
from vigil.train.detecting import TrainedDetector
from vigil.train.drawing import Drawn, varied
from vigil.train.judging import Judged, judge
from vigil.train.stills import Still

Told = Callable[[int, int, float], object]
"""Called with steps done, steps in all, and the best average precision until now."""
GOAL = "average_precision_50"
NO_WORD = -1


@dataclass(frozen=True, kw_only=True)
class Fit:
    """How a detector is fitted."""

    side: int = 320
    """Of the input, pixels; a multiple of 32."""
    epochs: int = 60
    batch: int = 16
    steps_a_batch: int = 1
    """Batches whose gradients are put together before the weights move."""
    rate: float = 2e-3
    """Of learning, at its highest."""
    decay: float = 0.05
    warm_up: float = 0.05
    """Share of all steps in which the rate rises."""
    patience: int = 10
    """Epochs without gain after which it ends; 0: never."""
    seed: int = 0
    threads: int = 1
    """Of the processor. More than one only where nothing else runs."""
    bf16: bool = False

    def __post_init__(self) -> None:
        if self.side % 32 or not 64 <= self.side <= 1280:
            raise DataError(f"side: {self.side}; allowed: a multiple of 32, 64 to 1280")
        if min(self.epochs, self.batch, self.steps_a_batch, self.threads) < 1:
            raise DataError("epochs, batch, steps_a_batch, threads: allowed: 1 or more")


@dataclass(frozen=True, kw_only=True, eq=False)
class Fitted:
    """A network as it was when it was best on pictures that it did not learn from."""

    network: Sentry
    judged: Judged
    steps: int


def fit_detector(
    learnt: Sequence[Still],
    judged: Sequence[Still],
    card: ModelCard,
    folder: Path,
    *,
    fit: Fit,
    begin: Mapping[str, Tensor] | None = None,
    told: Told = lambda done, total, best: None,
) -> Fitted:
    """Fit `card.labels` to stills, and judge by others after each epoch.

    `begin`: weights of an older network; what does not fit it (other words) begins anew.
    Raises `DataError` without a box on either side.
    """
    for stills, what in ((learnt, "train"), (judged, "val")):
        if not any(len(still.boxes) for still in stills):
            raise DataError(f"split {what!r}: no box of {', '.join(card.labels)}")
    torch.set_num_threads(fit.threads)
    set_seed(fit.seed)
    folder.mkdir(mode=0o700, parents=True, exist_ok=True)
    model = TrainedDetector(Sentry(len(card.labels)))
    if begin is not None:
        _begin(model.network, begin)
    _write_run(folder, fit, card)
    trainer = _DetectorTrainer(
        model=model,
        args=_arguments(folder, fit),
        train_dataset=_Pictures(learnt, card.input, seed=fit.seed),
        data_collator=_together,
        callbacks=[_Log(folder / "log.csv"), _Tell(told), *_patience(fit)],
        stills=judged,
        card=card,
    )
    trainer.remove_callback(PrinterCallback)  # what it prints is in the log
    trainer.train(resume_from_checkpoint=get_last_checkpoint(str(folder)))
    best = trainer.judged()
    return Fitted(network=model.network.eval(), judged=best, steps=trainer.state.global_step)


def answer_of(network: Sentry) -> "_Answer":
    """What a network says of a picture, as its export would."""
    return _Answer(network)


class _Answer:
    def __init__(self, network: Sentry) -> None:
        self._exported = Exported(network)

    @torch.no_grad()
    def __call__(self, image: Image) -> Sequence[Output]:
        self._exported.eval()
        picture = torch.from_numpy(image.transpose(2, 0, 1).copy()).float()[None]
        device = next(self._exported.parameters()).device
        return [self._exported(picture.to(device)).float().cpu().numpy()]


class _Pictures(Dataset[Drawn]):
    """Stills, otherwise each time, but the same for the same seed, number and epoch."""

    def __init__(self, stills: Sequence[Still], size: ModelInput, *, seed: int) -> None:
        self._stills, self._size = stills, size
        self._chance = np.random.default_rng(seed)

    def __len__(self) -> int:
        return len(self._stills)

    def __getitem__(self, number: int) -> Drawn:
        return varied(self._stills, number, self._size, self._chance)


def _together(drawn: Sequence[Drawn]) -> dict[str, Tensor]:
    """A batch: rows after a picture's last box say so."""
    most = max(1, *(len(each.boxes) for each in drawn))
    boxes = np.zeros((len(drawn), most, 4), np.float32)
    words = np.full((len(drawn), most), NO_WORD, np.int64)
    weights = np.zeros((len(drawn), most), np.float32)
    for row, each in enumerate(drawn):
        boxes[row, : len(each.boxes)] = each.boxes
        words[row, : len(each.boxes)] = each.words
        weights[row, : len(each.boxes)] = each.weights
    pictures = np.stack([each.image for each in drawn]).transpose(0, 3, 1, 2)
    return {
        "pictures": torch.from_numpy(np.ascontiguousarray(pictures)),
        "boxes": torch.from_numpy(boxes),
        "words": torch.from_numpy(words),
        "weights": torch.from_numpy(weights),
    }


class _DetectorTrainer(Trainer):
    """Judges by average precision instead of loss."""

    def __init__(self, *, stills: Sequence[Still], card: ModelCard, **settings: Any) -> None:
        super().__init__(eval_dataset=settings["train_dataset"], **settings)
        self._stills, self._card = stills, card

    def judged(self) -> Judged:
        """The network of now."""
        return judge(self._stills, answer_of(self.model.network), self._card)

    def evaluate(self, *_: object, **__: object) -> dict[str, float]:
        self.model.eval()
        found = self.judged()
        metrics = {
            f"eval_{GOAL}": found.average_precision_50,
            "eval_average_precision": found.average_precision,
            "eval_recall": found.recall,
            "eval_precision": found.precision,
        }
        self.log(metrics)
        told = self.callback_handler.on_evaluate(self.args, self.state, self.control, metrics)
        self.control: Any = told
        return metrics


class _Log(TrainerCallback):
    """Each figure that the trainer tells, as a row of a table."""

    def __init__(self, path: Path) -> None:
        self._path = path

    def on_log(
        self, _args: object, state: Any, _control: object, logs: Any = None, **_: object
    ) -> None:
        new = not self._path.exists()
        with self._path.open("a", newline="", encoding="utf-8") as file:
            table = csv.writer(file)
            if new:
                table.writerow(("step", "epoch", "figure", "value"))
            for figure, value in (logs or {}).items():
                table.writerow((state.global_step, f"{state.epoch:.3f}", figure, value))


class _Tell(TrainerCallback):
    """Says how far it is."""

    def __init__(self, told: Told) -> None:
        self._told = told

    def on_step_end(self, _args: object, state: Any, _control: object, **_: object) -> None:
        self._told(state.global_step, state.max_steps, state.best_metric or 0.0)


def _arguments(folder: Path, fit: Fit) -> TrainingArguments:
    return TrainingArguments(
        output_dir=str(folder),
        num_train_epochs=fit.epochs,
        per_device_train_batch_size=fit.batch,
        gradient_accumulation_steps=fit.steps_a_batch,
        learning_rate=fit.rate,
        weight_decay=fit.decay,
        warmup_steps=fit.warm_up,
        lr_scheduler_type="cosine",
        max_grad_norm=10.0,
        bf16=fit.bf16,
        eval_strategy="epoch",
        save_strategy="epoch",
        save_total_limit=2,
        load_best_model_at_end=True,
        metric_for_best_model=GOAL,
        greater_is_better=True,
        logging_steps=10,
        seed=fit.seed,
        report_to=[],
        remove_unused_columns=False,
        dataloader_drop_last=False,
        dataloader_pin_memory=torch.cuda.is_available(),
        disable_tqdm=True,
    )


def _patience(fit: Fit) -> list[TrainerCallback]:
    return [EarlyStoppingCallback(early_stopping_patience=fit.patience)] if fit.patience else []


def _begin(network: Sentry, weights: Mapping[str, Tensor]) -> None:
    own = network.state_dict()
    fitting = {
        name: value
        for name, value in weights.items()
        if name in own and own[name].shape == value.shape
    }
    network.load_state_dict(own | fitting)


def _write_run(folder: Path, fit: Fit, card: ModelCard) -> None:
    plain_run = {
        "fit": asdict(fit),
        "labels": list(card.labels),
        "dataset": card.dataset,
        "parent": card.parent,
        "python": platform.python_version(),
        "machine": platform.machine(),
        "torch": torch.__version__,
        "transformers": transformers.__version__,
    }
    write_durably(folder / "run.json", (json.dumps(plain_run, indent=1) + "\n").encode())
