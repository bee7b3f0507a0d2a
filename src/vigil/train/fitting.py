"""Fit a network to pictures: one loop, that of transformers, for whatever is learnt.

A run has a folder of its own. Cut short, it goes on where its last checkpoint was:

run.json         settings, versions of libraries, seed, data set
log.csv          loss and metrics by step
checkpoint-N/    what is needed to go on
"""

import csv
import json
import os
import platform
from collections.abc import Callable, Mapping, Sequence
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

import torch
import transformers
from torch import Tensor, nn
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

from vigil.core import DataError, Image, ModelCard
from vigil.core.durable import write_durably
from vigil.infer.session import Output

Told = Callable[[int, int, float], object]
"""Called with steps done, steps in all, and the best value of the goal until now."""
Metrics = Mapping[str, float]
Batch = dict[str, Tensor]


@dataclass(frozen=True, kw_only=True)
class Fit:
    """How a network is fitted."""

    side: int = 320
    """Of the input, pixels; a multiple of 32. 0: what is learnt has a size of its own."""
    height: int | None = None
    """Of the input; None: as high as wide."""
    epochs: int = 60
    batch: int = 16
    steps_a_batch: int = 1
    """Batches whose gradients are put together before the weights move."""
    rate: float = 2e-3
    """Of learning, at its highest."""
    steepest: float = 10.0
    """Longer gradients are cut to this norm."""
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
        for name, side in (("side", self.side), ("height", self.height or self.side)):
            if side and (side % 32 or not 64 <= side <= 1280):
                raise DataError(f"{name}: {side}; allowed: a multiple of 32, 64 to 1280")
        if min(self.epochs, self.batch, self.steps_a_batch, self.threads) < 1:
            raise DataError("epochs, batch, steps_a_batch, threads: allowed: 1 or more")


@dataclass(frozen=True, kw_only=True, eq=False)
class Lesson:
    """What the loop has to know of what is learnt."""

    model: nn.Module
    """Takes a batch, gives its `loss`."""
    pictures: Dataset[Any]
    together: Callable[[Sequence[Any]], Batch]
    """Makes a batch of some of them."""
    judged: Callable[[], Metrics]
    """How good the network is now, on pictures that it does not learn from."""
    goal: str
    """The metric that chooses the best epoch: the higher the better."""
    share_of_rate: Callable[[str], float] | None = None
    """Of a parameter, by its name; None: all of it for all."""


def run_fit(
    lesson: Lesson,
    card: ModelCard,
    folder: Path,
    *,
    fit: Fit,
    told: Told = lambda done, total, best: None,
) -> int:
    """Fit until the goal stops rising, and leave the model as it was when best; steps done."""
    folder.mkdir(mode=0o700, parents=True, exist_ok=True)
    if int(os.environ.get("RANK", "0")) == 0:  # of several processes one keeps the books
        write_run(folder, fit, card)
    trainer = _Judging(
        judged=lesson.judged,
        share_of_rate=lesson.share_of_rate,
        model=lesson.model,
        args=_arguments(folder, fit, lesson.goal),
        train_dataset=lesson.pictures,
        data_collator=lesson.together,
        callbacks=[_Log(folder / "log.csv"), _Tell(told), *_patience(fit)],
    )
    trainer.remove_callback(PrinterCallback)  # what it prints is in the log
    trainer.train(resume_from_checkpoint=get_last_checkpoint(str(folder)))
    lesson.model.eval()
    return int(trainer.state.global_step)


def prepare(fit: Fit) -> None:
    """Threads and chance, before a network is made: its first weights are drawn, too."""
    torch.set_num_threads(fit.threads)
    set_seed(fit.seed)


class Answered:
    """What a network says of a picture, as its export would: one output or several."""

    def __init__(self, exported: nn.Module) -> None:
        self._exported = exported

    @torch.no_grad()
    def __call__(self, image: Image) -> Sequence[Output]:
        self._exported.eval()
        picture = torch.from_numpy(image.transpose(2, 0, 1).copy()).float()[None]
        device = next(self._exported.parameters()).device
        found = self._exported(picture.to(device))
        outputs = found if isinstance(found, tuple) else (found,)
        return [output.float().cpu().numpy() for output in outputs]


class _Judging(Trainer):
    """Judges by what the lesson says instead of loss."""

    def __init__(
        self,
        *,
        judged: Callable[[], Metrics],
        share_of_rate: Callable[[str], float] | None,
        **settings: Any,
    ) -> None:
        super().__init__(eval_dataset=settings["train_dataset"], **settings)
        self._judged = judged
        self._share_of_rate = share_of_rate

    def create_optimizer(self, model: nn.Module | None = None) -> torch.optim.Optimizer:
        """AdamW; parameters of different shares of the rate in groups of their own."""
        if self._share_of_rate is None or self.optimizer is not None:
            created: torch.optim.Optimizer = super().create_optimizer(model)
            return created
        decays = set(self.get_decay_parameter_names(self.model))
        groups: dict[tuple[float, bool], list[nn.Parameter]] = {}
        for name, parameter in self.model.named_parameters():
            if parameter.requires_grad:
                which = (self._share_of_rate(name), name in decays)
                groups.setdefault(which, []).append(parameter)
        rate, decay = self.args.learning_rate, self.args.weight_decay
        self.optimizer: torch.optim.Optimizer | None = torch.optim.AdamW(
            [
                {"params": each, "lr": share * rate, "weight_decay": decay if decayed else 0.0}
                for (share, decayed), each in groups.items()
            ],
            betas=(self.args.adam_beta1, self.args.adam_beta2),
            eps=self.args.adam_epsilon,
        )
        return self.optimizer

    def evaluate(self, *_: object, **__: object) -> dict[str, float]:
        self.model.eval()
        metrics = {f"eval_{name}": value for name, value in self._judged().items()}
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
        if not state.is_world_process_zero:
            return
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


def _arguments(folder: Path, fit: Fit, goal: str) -> TrainingArguments:
    return TrainingArguments(
        output_dir=str(folder),
        num_train_epochs=fit.epochs,
        per_device_train_batch_size=fit.batch,
        gradient_accumulation_steps=fit.steps_a_batch,
        learning_rate=fit.rate,
        weight_decay=fit.decay,
        warmup_steps=fit.warm_up,
        lr_scheduler_type="cosine",
        max_grad_norm=fit.steepest,
        bf16=fit.bf16,
        use_cpu=not torch.accelerator.is_available(),  # several processes find each other so
        eval_strategy="epoch",
        save_strategy="epoch",
        save_total_limit=2,
        load_best_model_at_end=True,
        metric_for_best_model=goal,
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


def write_run(folder: Path, fit: Fit, card: ModelCard) -> None:
    """Say in the run's folder what it was made of."""
    plain_run = {
        "fit": asdict(fit),
        "labels": list(card.labels),
        "dataset": card.dataset,
        "source": card.source,
        "parent": card.parent,
        "python": platform.python_version(),
        "machine": platform.machine(),
        "torch": torch.__version__,
        "transformers": transformers.__version__,
    }
    write_durably(folder / "run.json", (json.dumps(plain_run, indent=1) + "\n").encode())
