# Part of payment_cn_wallets. License LGPL-3.
"""Tasks side by side, as many at a time as there are lanes."""

import dataclasses
from collections.abc import Callable
from concurrent.futures import FIRST_COMPLETED, ThreadPoolExecutor, wait
from graphlib import TopologicalSorter

QUIET_SECONDS = 60  # after so long without a word, say what is running


@dataclasses.dataclass(frozen=True)
class Task:
    """A function to call.

    :param after: names of the tasks that have to be done before
    """

    name: str
    action: Callable
    after: tuple = ()


def run_in_lanes(tasks, lanes, *, end_all, tell):
    """Call the functions of tasks, each in a thread; where a lane is free, the first that may begin has it.

    :param end_all: called when one of them raises, or Ctrl-C was pressed: makes the others end soon
    :param tell: called with a line now and then
    :return: what they returned, by name
    """
    order = {task.name: number for number, task in enumerate(tasks)}
    actions = {task.name: task.action for task in tasks}
    sorter = TopologicalSorter({task.name: [name for name in task.after if name in order] for task in tasks})
    sorter.prepare()
    ready, running, results = [], {}, {}
    with ThreadPoolExecutor(lanes) as pool:
        try:
            while sorter.is_active():
                ready = sorted([*ready, *sorter.get_ready()], key=order.get)
                while ready and len(running) < lanes:
                    name = ready.pop(0)
                    running[pool.submit(actions[name])] = name
                done, _others = wait(running, QUIET_SECONDS, FIRST_COMPLETED)
                if not done:
                    tell("  … running: " + ", ".join(running.values()))
                for future in done:
                    name = running.pop(future)
                    results[name] = future.result()
                    sorter.done(name)
        except BaseException:
            end_all()
            raise
    return results
