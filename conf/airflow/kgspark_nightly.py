"""The night as an Airflow DAG, a task a step: copy this file into your dags folder and set the three variables below.

A step that fails may be tried again: what was done is not done again, a lake that another night holds says so, and a
step after a gate that said no ends with that gate's sentence instead of passing over yesterday's tables. Each
step asks for the night's own date, so that a backfill in Airflow is a backfill of ours.
"""

from __future__ import annotations

import datetime

from airflow import DAG
from airflow.operators.bash import BashOperator

# Folder of a checkout (or of the jobs/ and conf/ of one), how Spark is started, and the night's configuration.
HOME = "/opt/kgspark"
SUBMIT = "spark-submit --properties-file conf/spark/cpu.conf --py-files dist/kgspark-*.whl"
CONFIG = "conf/cluster.yaml"
STEPS = ("01_ingest", "02_extract", "03_resolve", "04_reconcile", "05_graph", "06_embed", "07_release")

with DAG(
    dag_id="kgspark_nightly",
    schedule="0 2 * * *",
    start_date=datetime.datetime(2026, 1, 1, tzinfo=datetime.UTC),
    catchup=False,
    # Two nights at a time would write the same tables; the second would end with exit code 5.
    max_active_runs=1,
    default_args={"retries": 1, "retry_delay": datetime.timedelta(minutes=10)},
    tags=["kgspark"],
) as dag:
    previous = None
    for step in STEPS:
        command = f"cd {HOME} && {SUBMIT} jobs/{step}.py --config {CONFIG} --date {{{{ ds }}}}"
        task = BashOperator(task_id=step, bash_command=command)
        if previous is not None:
            previous >> task
        previous = task
