"""The patients of a therapist."""

from http import HTTPStatus

from fastapi import APIRouter, HTTPException
from sqlalchemy import select
from sqlalchemy.exc import IntegrityError

from app.auth.dependencies import CurrentTherapist, CurrentUser, Database
from app.models.db_models import Patient
from app.models.schemas import PatientCreate, PatientRead, UserRole

router = APIRouter(prefix="/api/patients", tags=["patients"])


@router.get("")
async def list_patients(user: CurrentUser, database: Database) -> list[PatientRead]:
    """List the therapist's patients by name; an administrator sees everybody's."""
    statement = select(Patient).order_by(Patient.name, Patient.id)
    if user.role is not UserRole.admin:
        statement = statement.where(Patient.therapist_id == user.id)
    return [PatientRead.model_validate(patient) for patient in await database.scalars(statement)]


@router.post("", status_code=HTTPStatus.CREATED)
async def create_patient(body: PatientCreate, therapist: CurrentTherapist, database: Database) -> PatientRead:
    """Add a patient; the e-mail address is unique among the therapist's patients."""
    patient = Patient(**body.model_dump(), therapist_id=therapist.id)
    database.add(patient)
    try:
        await database.flush()
    except IntegrityError:
        await database.rollback()
        raise HTTPException(HTTPStatus.CONFLICT, "This patient is already known") from None
    created = PatientRead.model_validate(patient)
    await database.commit()
    return created
