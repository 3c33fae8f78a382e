"""Every verb whose work has a run folder, by its name."""

from hyperface.jobs import audit, evaluate, gallery, generate, identify, ijb, measure, pack, separate, study, train
from hyperface.jobs.job import Job

JOBS: dict[str, Job] = {
    module.JOB.verb: module.JOB
    for module in (gallery, pack, separate, generate, train, evaluate, identify, ijb, audit, measure, study)
}
