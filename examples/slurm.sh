#!/usr/bin/env bash
# A whole pass on the GPUs of one node: pack, draw, train, evaluate.
#
#     sbatch examples/slurm.sh                                # runs go to runs/cluster
#     RUNS=/scratch/hyperface IDENTITIES=50000 sbatch examples/slurm.sh
#
# Every step keeps a run folder. If the job is cut off (out of time, node lost), submit it again: each step that is
# finished says so and is passed over, the one that was cut off goes on from its last checkpoint. The app shows all of
# it, also while it is at work: `hyperface app --runs $RUNS`, or copy the folder to your laptop.
#
#SBATCH --job-name=hyperface
#SBATCH --nodes=1
#SBATCH --ntasks=1
#SBATCH --gres=gpu:8
#SBATCH --cpus-per-task=64
#SBATCH --mem=256G
#SBATCH --time=24:00:00
#SBATCH --requeue
#SBATCH --output=%x-%j.log
set -euo pipefail

RUNS=${RUNS:-runs/cluster}
IDENTITIES=${IDENTITIES:-10000}
IMAGES=${IMAGES:-64}
PROCESSES=${PROCESSES:-${SLURM_GPUS_ON_NODE:-8}}
DEVICE=${DEVICE:-cuda}

# perform VERB RUN OPTION…: start the run, or go on with it where it was. Its options are kept in its folder.
# torchrun starts one process for each GPU; they find each other by a port that it chooses, so that two jobs may share
# a node. Everything behind `--` is the program and its arguments, run as `python -m hyperface …`.
perform() {
    local verb=$1 run=$2
    shift 2
    if [[ -f $run/config.json ]]; then
        set -- --resume "$run"
    else
        set -- --run "$run" "$@"
    fi
    if ((PROCESSES > 1)) && [[ $verb != evaluate ]]; then
        torchrun --standalone --nproc-per-node "$PROCESSES" -m -- hyperface "$verb" "$@"
    else
        python -m hyperface "$verb" "$@"
    fi
}

# 1. Apart on the sphere. The span keeps people where the generator can draw them.
perform pack "$RUNS/packed" --identities "$IDENTITIES" --span 30 --steps 300 --frames 20 --device "$DEVICE"

# 2. Their pictures; the processes share them, and the set is the same however many there are.
perform generate "$RUNS/faces" --from "$RUNS/packed" --images-per-identity "$IMAGES" --device "$DEVICE"

# 3. A recogniser from scratch. --batch-size is that of all GPUs together.
perform train "$RUNS/model" --dataset "$RUNS/faces" --backbone ir_50 --head adaface --epochs 40 --schedule step \
    --batch-size 512 --device "$DEVICE"

# 4. What it learnt, beside dlib's network. Sets of photographs are looked for in the folder HYPERFACE_BENCHMARKS.
perform evaluate "$RUNS/evaluation" --model "$RUNS/model" --model dlib --benchmark rendered_everyday \
    --benchmark rendered_cross_pose --benchmark rendered_cross_age --benchmark rendered_frontal_profile \
    --benchmark rendered_large_age_gap --device "$DEVICE"
